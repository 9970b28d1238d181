-- one row per accepted gap of $epoch
SELECT r.topic, r.partition_id, r.record_offset AS from_offset, g.to_offset
FROM outcome AS o JOIN record AS r USING (rid) JOIN accepted_gap AS g USING (rid)
WHERE o.epoch = $epoch
ORDER BY r.topic, r.partition_id, from_offset
