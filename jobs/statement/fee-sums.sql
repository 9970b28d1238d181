-- one row per (epoch, model, infrastructure, agent, token, channel, retrieved): fees funded in $first to $last, which settlement splits as one sum;
-- policy: in force in the epoch
SELECT
  paid.epoch,
  e.policy,
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  coalesce(t.channel, '') AS channel,
  i.retrieved > 0 AS retrieved,
  count(*)::BIGINT AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN epoch AS e ON e.epoch = paid.epoch
JOIN inference AS i USING (inference)
LEFT JOIN channel_use AS t ON t.inference = i.inference AND t.epoch = paid.epoch
WHERE paid.epoch BETWEEN $first AND $last
GROUP BY ALL
ORDER BY ALL
