-- one row per (model, token) with a use that counts from $epoch on: its features were accepted, in time, in $epoch and its fee was
-- funded, or they were there before and the fee was released in $epoch
WITH late AS (
  SELECT inference, epoch FROM inference_features WHERE epoch = $epoch
  UNION ALL
  SELECT f.inference, f.epoch
  FROM inference_features AS f
  SEMI JOIN (SELECT inference FROM held_fee_ended WHERE epoch = $epoch AND became = 'released') AS r USING (inference)
  WHERE f.epoch BETWEEN $epoch - $useEpochsMax AND $epoch - 1
)
SELECT DISTINCT i.model, i.token
FROM late AS f
JOIN funded AS paid ON paid.inference = f.inference AND f.epoch <= paid.features_until
JOIN inference AS i ON i.inference = f.inference
-- no use waits longer: what lies before is not read
WHERE i.epoch >= $epoch - $useEpochsMax AND paid.epoch BETWEEN $epoch - $featureWaitMax AND $epoch
