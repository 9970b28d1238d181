-- one row per (model, token) with features accepted, in time, in $epoch for a funded inference
SELECT DISTINCT i.model, i.token
FROM inference_features AS f
JOIN funded AS paid ON paid.inference = f.inference AND f.epoch <= paid.features_until
JOIN inference AS i ON i.inference = f.inference
-- no use waits longer than $featureWaitMax: what lies before is not read
WHERE f.epoch = $epoch AND i.epoch >= $epoch - $featureWaitMax AND paid.epoch >= $epoch - $featureWaitMax
