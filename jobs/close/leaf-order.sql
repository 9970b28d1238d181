-- one row per decided record of the cut in leaf order (topic, partition, offset), which is the order of its rows
CREATE OR REPLACE TEMP TABLE leaf_order AS
SELECT
  row_number() OVER (ORDER BY r.topic, r.partition_id, r.record_offset) AS position,
  r.rid, r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, r.content_hash,
  d.outcome, d.reason, d.detail
FROM cut_record AS c
JOIN record AS r USING (rid)
JOIN decision AS d USING (rid)
WHERE r.rid >= $first::BIGINT
ORDER BY position
