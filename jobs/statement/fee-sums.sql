-- one row per (epoch, model, infrastructure, agent, token, featured): fees funded in $first to $last, which settlement splits as one sum;
-- policy: in force in the epoch
SELECT
  paid.epoch,
  e.policy,
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  f.inference IS NOT NULL AS featured,
  count(*)::BIGINT AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN epoch AS e ON e.epoch = paid.epoch
JOIN inference AS i USING (inference)
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch <= paid.epoch
WHERE paid.epoch BETWEEN $first AND $last
GROUP BY ALL
ORDER BY ALL
