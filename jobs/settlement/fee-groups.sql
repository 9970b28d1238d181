-- one row per (model, infrastructure, agent, token, channel, retrieved): the fees funded in $epoch, in which nothing was transferred; since is -1,
-- as in fee-groups-by-owners.sql, which is more work; channel: that took them in $epoch, empty: none did
SELECT
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  coalesce(t.channel, '') AS channel,
  i.retrieved > 0 AS retrieved,
  -1::BIGINT AS since,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
LEFT JOIN channel_use AS t ON t.inference = i.inference AND t.epoch = $epoch
WHERE paid.epoch = $epoch
GROUP BY ALL
ORDER BY ALL
