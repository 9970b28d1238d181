-- what one attributed and settled epoch of a ledger leaves behind, out of `plan` (one row: contributions, uses, accounts,
-- items_each) and of `staged` (one row per vector: number, is_item, packed); hashes are MD5 of a name, 16 bytes
INSERT INTO epoch (epoch, attempt, state, cut_time_ms, cut_published, ledger_root, settlement_json)
SELECT 1, 0, 'settled', 0, true, repeat('r', 32)::BLOB, '{"periods":[{"model":"reader","token":"0x' || repeat('2', 40) ||
  '","state":"paid","firstEpoch":1,"fees":"' || 1000000 * uses || '","paid":"' || 499000 * uses || '"}]}'
FROM plan;
INSERT INTO policy (policy, epoch_interval_s, data_parts, model_parts, upstream_parts, agent_parts, outcome_parts, infrastructure_parts, treasury_parts,
  treasury, method, min_events, max_period_epochs, epoch, ordinal, retrieval_parts, retrieval_rule)
VALUES ('policy-1', 3600, 500000, 300000, 0, 0, 0, 150000, 50000, '0x' || repeat('3', 40), 'influence/factored@2', 1, 8, 1, 1, 0, 'score');
INSERT INTO payout_rule VALUES ('policy-1', 0, 0);
INSERT INTO dispute_rule VALUES ('policy-1', 0, 0);
INSERT INTO contribution_batch (batch, source, batch_id, account, dataset, items, epoch, ordinal)
SELECT unhex(md5('batch-' || range)), 'urn:portal', 'batch-' || range, '0x' || printf('%040x', range % accounts), 'data',
  items_each, 1, range
FROM plan, range(CAST(ceil(contributions / items_each) AS BIGINT));
INSERT INTO contribution (batch, item_index, account, content_hash, label_hash)
SELECT unhex(md5('batch-' || number // items_each)), number % items_each,
  '0x' || printf('%040x', (number // items_each) % accounts), unhex(md5('c' || number) || md5('d' || number)),
  repeat('l', 32)::BLOB
FROM staged, plan WHERE is_item ORDER BY number;
INSERT INTO contribution_features (feature_map, batch, item_index, fingerprint, epoch, ordinal, packed)
SELECT 'map-1', unhex(md5('batch-' || number // items_each)), number % items_each, unhex(md5('f' || number) || md5('g' || number)),
  1, number, packed
FROM staged, plan WHERE is_item ORDER BY number;
INSERT INTO inference (inference, source, event_id, model, infrastructure, payer, token, fee, input_hash, output_hash, epoch, ordinal, agent, retrieved)
SELECT unhex(md5('use-' || number)), 'urn:gateway', 'use-' || number, 'reader', 'gateway', '0x' || repeat('1', 40),
  '0x' || repeat('2', 40), 1000000, repeat('i', 32)::BLOB, repeat('o', 32)::BLOB, 1, number, '', 0
FROM staged WHERE NOT is_item ORDER BY number;
INSERT INTO inference_features (inference, feature_map, label_kind, p16, epoch, ordinal, packed)
SELECT unhex(md5('use-' || number)), 'map-1', 'true', 60000, 1, number, packed
FROM staged WHERE NOT is_item ORDER BY number;
INSERT INTO funded (inference, epoch, features_until, data_parts, ordinal, fee)
SELECT inference, 1, 1, 500000, ordinal, fee FROM inference;
INSERT INTO channel_use (inference, epoch, channel, funded_epoch, model, token, retrieved, fee, came_epoch)
SELECT inference, 1, 'features', 1, model, token, false, fee, 1 FROM inference;
INSERT INTO period (epoch, model, token, entry_json) SELECT 1, 'reader', '0x' || repeat('2', 40), '{}';
INSERT INTO score (epoch, model, token, account, items, duplicates, s, pay)
SELECT 1, 'reader', '0x' || repeat('2', 40), account, count(*), 0, 1, 1000 FROM contribution GROUP BY account;
DROP TABLE staged;
DROP TABLE plan;
