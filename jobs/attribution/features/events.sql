-- one row per event of the period, in accept order: a funded inference with features accepted in its own epoch;
-- own = the payer owns a share of the model or of the infrastructure
CREATE OR REPLACE TEMP TABLE event AS
SELECT
  row_number() OVER (ORDER BY i.epoch, i.ordinal) - 1 AS event,
  i.inference,
  i.fee,
  f.p16,
  f.packed,
  EXISTS (
    SELECT 1 FROM asset_owner AS o WHERE o.account = i.payer AND o.asset IN (i.model, i.infrastructure)
  ) AS own
FROM funded AS paid
JOIN inference AS i USING (inference)
JOIN inference_features AS f ON f.inference = i.inference AND f.epoch = i.epoch
WHERE i.model = $model AND i.token = $token AND f.feature_map = $featureMap AND paid.epoch BETWEEN $firstEpoch AND $epoch
