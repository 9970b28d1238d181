-- one row per range of offsets of the cut of $epoch that holds no record (control records, compaction) and is no gap
WITH edge AS (
  SELECT topic, partition_id, from_offset - 1 AS first_offset, from_offset AS end_offset FROM epoch_cut WHERE epoch = $epoch
  UNION ALL
  SELECT topic, partition_id, to_offset, to_offset FROM epoch_cut WHERE epoch = $epoch
  UNION ALL
  SELECT r.topic, r.partition_id, r.record_offset, coalesce(g.to_offset, r.record_offset + 1)
  FROM outcome AS o JOIN record AS r USING (rid) LEFT JOIN accepted_gap AS g USING (rid)
  WHERE o.epoch = $epoch
),
step AS (
  SELECT topic, partition_id, first_offset,
    lag(end_offset) OVER (PARTITION BY topic, partition_id ORDER BY first_offset, end_offset) AS previous_end
  FROM edge
)
SELECT topic, partition_id, previous_end AS from_offset, first_offset AS to_offset
FROM step
WHERE first_offset > previous_end
ORDER BY topic, partition_id, from_offset
