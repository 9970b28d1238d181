-- what the closed epoch 1 leaves behind, but for the features; `plan` and `record` hold its records
INSERT INTO outcome SELECT rid, 1, 0, 0, NULL, rid - 1, content_hash FROM record;
INSERT INTO accepted_id SELECT id_hash, body_hash, 1 FROM record;
INSERT INTO inference (inference, source, event_id, model, infrastructure, payer, token, fee, input_hash, output_hash, epoch,
  ordinal, commercial, voucher, price_list, agent, retrieved)
SELECT r.id_hash, 'urn:gateway', 'use-' || printf('%012d', p.number), 'reader', 'gateway', '0x' || repeat('1', 40),
  '0x' || repeat('2', 40), 5, repeat('i', 32)::BLOB, repeat('o', 32)::BLOB, 1, r.rid,
  false, 1, '', '', 0
FROM record AS r JOIN plan AS p USING (rid) WHERE NOT p.is_features;
INSERT INTO epoch_cut
SELECT 1, topic, partition_id, 0, 0, max(record_offset) + 1 FROM record GROUP BY topic, partition_id;
