-- one row per (epoch of the fee, model, token): fees of earlier epochs whose features were accepted, in time, in $epoch
SELECT
  paid.epoch,
  i.model,
  i.token,
  sum(paid.fee)::HUGEINT AS fees
FROM inference_features AS f
JOIN funded AS paid ON paid.inference = f.inference AND f.epoch <= paid.features_until
JOIN inference AS i ON i.inference = f.inference
-- no use waits longer: what lies before is not read
WHERE f.epoch = $epoch
  AND i.epoch BETWEEN $epoch - $useEpochsMax AND $epoch - 1
  AND paid.epoch BETWEEN $epoch - $featureWaitMax AND $epoch - 1
GROUP BY ALL
ORDER BY ALL
