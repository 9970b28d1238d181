-- one row per record of $epoch, in leaf order; of an erased one the value is gone, and its content hash stands for it
SELECT r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, o.outcome, o.reason, r.record_key, r.headers, r.record_value,
  CASE WHEN e.rid IS NOT NULL THEN r.content_hash END AS content
FROM outcome AS o JOIN record AS r USING (rid) LEFT JOIN record_erased AS e USING (rid) WHERE o.epoch = $epoch ORDER BY o.leaf_index
