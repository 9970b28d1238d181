-- one row per partition that was ever read, with the last record of it that is stored
WITH last_offset AS (
  SELECT topic, partition_id, incarnation, max(record_offset) AS record_offset
  FROM record
  WHERE ingest_reason >= 0 -- below 0: an accepted gap
  GROUP BY topic, partition_id, incarnation
)
SELECT
  p.topic,
  p.partition_id,
  p.incarnation,
  p.next_offset,
  p.effective_ms,
  r.record_offset AS last_offset,
  r.append_ms AS last_append_ms,
  r.content_hash AS last_content_hash
FROM read_position AS p
LEFT JOIN last_offset AS l USING (topic, partition_id, incarnation)
LEFT JOIN record AS r
  ON r.topic = l.topic AND r.partition_id = l.partition_id AND r.incarnation = l.incarnation
  AND r.record_offset = l.record_offset
