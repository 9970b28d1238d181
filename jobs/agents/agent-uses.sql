-- one row per (epoch, model, infrastructure, token, channel, retrieved): the funded fees of uses in which $agent worked, which settlement splits
-- as one sum; $until: the last settled epoch
SELECT
  i.epoch,
  i.model,
  i.infrastructure,
  i.token,
  coalesce(t.channel, '') AS channel,
  i.retrieved > 0 AS retrieved,
  count(*) AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM inference AS i
JOIN funded AS paid USING (inference)
LEFT JOIN channel_use AS t ON t.inference = i.inference AND t.epoch = paid.epoch
WHERE i.agent = $agent AND i.epoch <= $until
GROUP BY ALL
ORDER BY ALL
