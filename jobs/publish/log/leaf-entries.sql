-- one row per leaf with $from ≤ index < $to, in order: what its entry is made of
CREATE OR REPLACE TEMP TABLE leaf_entry AS
SELECT
  o.leaf_index, o.leaf_hash, o.outcome, o.reason,
  r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, r.content_hash
FROM outcome AS o
JOIN record AS r USING (rid)
WHERE o.leaf_index >= $from::BIGINT AND o.leaf_index < $to::BIGINT
ORDER BY o.leaf_index
