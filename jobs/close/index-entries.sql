-- one row per entry of the id index, ascending by key: what jobs/close/index-keys.ts adds, out of the tables of facts
SELECT key, value FROM (
  SELECT id_hash AS key, body_hash AS value FROM accepted_id
  UNION ALL
  SELECT unhex(left(sha256('deposit/0x' || lower(hex(transaction_hash)) || '/' || log_index), 32)), unhex(repeat('0', 32))
  FROM deposit
  UNION ALL
  SELECT unhex(left(sha256('batch/0x' || lower(hex(batch))), 32)), unhex(printf('%08x', items) || repeat('0', 24))
  FROM contribution_batch
  UNION ALL
  SELECT
    unhex(left(sha256('contribution-features/0x' || lower(hex(batch)) || '/' || item_index || '/' || feature_map), 32)),
    unhex(repeat('0', 32))
  FROM contribution_features
  UNION ALL
  SELECT
    unhex(left(sha256('inference/0x' || lower(hex(i.inference))), 32)),
    unhex(printf('%08x%016x', a.epoch, a.ordinal) || repeat('0', 8))
  FROM inference AS i
  JOIN asset AS a ON i.model = a.asset
  UNION ALL
  SELECT unhex(left(sha256('inference-features/0x' || lower(hex(inference))), 32)), unhex(repeat('0', 32))
  FROM inference_features
)
ORDER BY key
