-- one row per erased record of $epoch, in leaf order, with the item whose features or text it told
SELECT r.topic, r.partition_id, r.record_offset, b.source, b.batch_id, e.item_index, e.feature_map, e.text_map, e.order_epoch
FROM outcome AS o
JOIN record_erased AS e USING (rid)
JOIN record AS r USING (rid)
JOIN contribution_batch AS b USING (batch)
WHERE o.epoch = $epoch
ORDER BY o.leaf_index
