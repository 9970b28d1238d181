-- one row per (model, infrastructure, token, featured): the fees funded in $epoch
SELECT
  i.model,
  i.infrastructure,
  i.token,
  f.inference IS NOT NULL AS featured,
  sum(i.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i USING (inference)
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch = i.epoch
WHERE paid.epoch = $epoch
GROUP BY ALL
ORDER BY ALL
