-- one row per (model, infrastructure, agent, token, featured): the fees funded in $epoch, in which nothing was transferred; since is -1,
-- as in fee-groups-by-owners.sql, which is more work
SELECT
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  f.inference IS NOT NULL AS featured,
  -1::BIGINT AS since,
  sum(i.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i USING (inference)
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch = i.epoch
WHERE paid.epoch = $epoch
GROUP BY ALL
ORDER BY ALL
