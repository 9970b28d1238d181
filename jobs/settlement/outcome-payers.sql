-- one row per (model, infrastructure, agent, token, channel, retrieved, payer): the fees of agents' work funded in $epoch
SELECT
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  coalesce(t.channel, '') AS channel,
  i.retrieved > 0 AS retrieved,
  i.payer,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
LEFT JOIN channel_use AS t ON t.inference = i.inference AND t.epoch = $epoch
WHERE paid.epoch = $epoch AND i.agent <> ''
GROUP BY ALL
ORDER BY ALL
