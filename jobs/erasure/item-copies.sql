-- one row per record that told features of an item, or still does: then it is in `telling_record`, and erased_ms is null; epoch: null
-- while it is open
WITH known AS (
  SELECT rid, batch, item_index, erased_ms FROM record_erased
  UNION ALL
  SELECT rid, batch, item_index, NULL FROM telling_record
)
SELECT
  k.batch, k.item_index, k.erased_ms, r.topic, r.partition_id, r.record_offset, r.append_ms, o.epoch,
  s.dlq_partition, s.dlq_offset, s.sent_ms
FROM known AS k
JOIN record AS r USING (rid)
LEFT JOIN outcome AS o USING (rid)
LEFT JOIN dead_letter_sent AS s USING (rid)
ORDER BY o.epoch, r.topic, r.partition_id, r.record_offset
