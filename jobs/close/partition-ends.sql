-- one row per partition that was read: where the cut for time $time begins and ends, and whether a record not earlier than
-- $time is stored; $first: no record with a smaller rid is uncut
WITH previous AS (
  SELECT topic, partition_id, max(to_offset) AS from_offset FROM epoch_cut GROUP BY topic, partition_id
),
first_late AS (
  SELECT topic, partition_id, min(record_offset) AS to_offset
  FROM record
  WHERE rid >= $first::BIGINT AND effective_ms >= $time
  GROUP BY topic, partition_id
)
SELECT
  p.topic,
  p.partition_id,
  p.incarnation,
  p.next_offset,
  p.effective_ms,
  first_late.to_offset IS NOT NULL AS is_passed,
  coalesce(previous.from_offset, 0) AS from_offset,
  greatest(coalesce(previous.from_offset, 0), coalesce(first_late.to_offset, p.next_offset)) AS to_offset
FROM read_position AS p
LEFT JOIN previous USING (topic, partition_id)
LEFT JOIN first_late USING (topic, partition_id)
ORDER BY p.topic, p.partition_id
