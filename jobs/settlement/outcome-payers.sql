-- one row per (model, infrastructure, agent, token, featured, payer): the fees of agents' work funded in $epoch
SELECT
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  f.inference IS NOT NULL AS featured,
  i.payer,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
LEFT JOIN inference_features AS f ON f.inference = i.inference AND f.epoch BETWEEN $firstUse AND $epoch
WHERE paid.epoch = $epoch AND i.agent <> ''
GROUP BY ALL
ORDER BY ALL
