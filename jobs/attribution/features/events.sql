-- one row per event of the period, in accept order: a funded inference whose features were accepted, in time, in one of the
-- period's epochs; own = the payer owns a share of the model or of the infrastructure
CREATE OR REPLACE TEMP TABLE event AS
SELECT
  row_number() OVER (ORDER BY i.epoch, i.ordinal) - 1 AS event,
  i.inference,
  i.fee,
  paid.data_parts,
  f.p16,
  f.packed,
  EXISTS (
    SELECT 1 FROM asset_owner AS o WHERE o.account = i.payer AND o.asset IN (i.model, i.infrastructure)
  ) AS own
FROM inference_features AS f
JOIN funded AS paid ON paid.inference = f.inference AND f.epoch <= paid.features_until
JOIN inference AS i ON i.inference = f.inference
WHERE i.model = $model AND i.token = $token AND f.feature_map = $featureMap AND f.epoch BETWEEN $firstEpoch AND $epoch
  -- no use waits longer than $featureWaitMax: what lies before is not read
  AND i.epoch BETWEEN $firstEpoch - $featureWaitMax AND $epoch AND paid.epoch BETWEEN $firstEpoch - $featureWaitMax AND $epoch
