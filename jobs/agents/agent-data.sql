-- one row per (epoch, policy, model, infrastructure, token, channel, retrieved, took, taken, until): the fees of uses in which $agent worked,
-- by what divides their data part; the first seven as settlement sums them up. channel: that took them in the epoch of their fee, empty:
-- none did; took and taken: the one that did since, and in which epoch; until: the last in which one may. $settled: the last settled epoch
SELECT
  paid.epoch,
  e.policy,
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  CASE WHEN t.epoch = paid.epoch THEN t.channel ELSE '' END AS channel,
  i.retrieved > 0 AS retrieved,
  CASE WHEN t.epoch <= $settled THEN t.channel END AS took,
  CASE WHEN t.epoch <= $settled THEN t.epoch END AS taken,
  paid.features_until AS until,
  count(*)::BIGINT AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN epoch AS e ON e.epoch = paid.epoch
JOIN inference AS i USING (inference)
LEFT JOIN channel_use AS t ON t.inference = i.inference
WHERE i.agent = $agent AND paid.epoch <= $settled
GROUP BY ALL
ORDER BY ALL
