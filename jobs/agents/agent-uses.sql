-- one row per (epoch, model, infrastructure, token, featured): the funded fees of uses in which $agent worked, which settlement splits
-- as one sum; $until: the last settled epoch
SELECT
  i.epoch,
  i.model,
  i.infrastructure,
  i.token,
  f.inference IS NOT NULL AS featured,
  count(*) AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM inference AS i
JOIN funded AS paid USING (inference)
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch = i.epoch
WHERE i.agent = $agent AND i.epoch <= $until
GROUP BY ALL
ORDER BY ALL
