-- one row per entry of the id index, ascending by key: what jobs/close/index-keys.ts adds, out of the tables of facts
WITH entry AS (
  SELECT hex(id_hash) AS key, hex(body_hash) AS value FROM accepted_id
  UNION ALL
  SELECT sha256('deposit/0x' || lower(hex(transaction_hash)) || '/' || log_index), repeat('0', 32) FROM deposit
  UNION ALL
  SELECT sha256('batch/0x' || lower(hex(batch))), printf('%08x', items) || repeat('0', 24) FROM contribution_batch
  UNION ALL
  SELECT sha256('contributor/0x' || lower(hex(batch)) || '/' || account), repeat('0', 32) FROM contribution_batch
  UNION ALL
  SELECT
    sha256('contribution-features/0x' || lower(hex(batch)) || '/' || item_index || '/' || feature_map),
    repeat('0', 32)
  FROM contribution_features
  UNION ALL
  SELECT sha256('inference/0x' || lower(hex(i.inference))), printf('%08x%016x%08x', a.epoch, a.ordinal, (i.agent <> '')::INTEGER)
  FROM inference AS i
  JOIN asset AS a ON i.model = a.asset
  UNION ALL
  SELECT sha256('inference-features/0x' || lower(hex(inference))), repeat('0', 32) FROM inference_features
  UNION ALL
  SELECT sha256('contribution-text/0x' || lower(hex(batch)) || '/' || item_index || '/' || text_map), repeat('0', 32)
  FROM contribution_text
  UNION ALL
  SELECT sha256('inference-text/0x' || lower(hex(inference))), repeat('0', 32) FROM inference_text
  UNION ALL
  SELECT sha256('voucher/' || payer || '/' || token || '/' || sequence || '/' || model), repeat('0', 32) FROM voucher
  UNION ALL
  SELECT sha256('quote/0x' || lower(hex(quote_id))), repeat('0', 32) FROM inference WHERE quote_id IS NOT NULL
  UNION ALL
  SELECT
    sha256('payer/0x' || lower(hex(inference)) || '/' || payer),
    printf('%08x%08x', epoch, (voucher > 0 AND fee > 0)::INTEGER) || repeat('0', 16)
  FROM inference
  WHERE agent <> ''
  UNION ALL
  SELECT sha256('outcome/0x' || lower(hex(inference))), repeat('0', 32) FROM task_outcome
  UNION ALL
  SELECT sha256('agent-step/0x' || lower(hex(run)) || '/' || step || '/' || agent), repeat('0', 32) FROM agent_step
  UNION ALL
  SELECT
    sha256('agent-step-link/0x' || lower(hex(step_hash)) || '/0x' || lower(hex(run)) || '/' || step || '/' || agent),
    repeat('0', 32)
  FROM agent_step
  UNION ALL
  SELECT sha256('dispute/' || dispute), repeat('0', 32) FROM dispute
)
SELECT
  ('0x' || left(key, 16))::UBIGINT AS key_high,
  ('0x' || substr(key, 17, 16))::UBIGINT AS key_low,
  ('0x' || left(value, 16))::UBIGINT AS value_high,
  ('0x' || right(value, 16))::UBIGINT AS value_low
FROM entry
ORDER BY key_high, key_low
