-- one row per record that tells, or told, features of an item whose erasure is ordered and published
SELECT
  e.batch, e.item_index, e.erased_ms, r.topic, r.partition_id, r.record_offset, r.append_ms, o.epoch,
  s.dlq_partition, s.dlq_offset, s.sent_ms
FROM record_erased AS e
JOIN record AS r USING (rid)
JOIN outcome AS o USING (rid)
LEFT JOIN dead_letter_sent AS s USING (rid)
ORDER BY o.epoch, r.topic, r.partition_id, r.record_offset
