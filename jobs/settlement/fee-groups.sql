-- one row per (model, infrastructure, agent, token, featured): the fees funded in $epoch, in which nothing was transferred; since is -1,
-- as in fee-groups-by-owners.sql, which is more work
SELECT
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  f.inference IS NOT NULL AS featured,
  -1::BIGINT AS since,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
-- a fee that was held may have its features since an earlier epoch
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch BETWEEN $firstUse AND $epoch
WHERE paid.epoch = $epoch
GROUP BY ALL
ORDER BY ALL
