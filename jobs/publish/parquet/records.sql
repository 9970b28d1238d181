-- one row per record of $epoch, in leaf order
SELECT r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, o.outcome, o.reason, r.record_key, r.headers, r.record_value
FROM outcome AS o JOIN record AS r USING (rid) WHERE o.epoch = $epoch ORDER BY o.leaf_index
