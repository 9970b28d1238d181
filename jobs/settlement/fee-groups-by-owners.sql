-- one row per (model, infrastructure, agent, token, channel, retrieved, since): the fees funded in $epoch; since = the place of the last
-- transfer of the epoch before the place of the fee that changed who is paid for it, -1 where there is none
WITH RECURSIVE paid AS (
  SELECT i.model, i.infrastructure, i.agent, i.token, paid.fee, paid.ordinal, coalesce(t.channel, '') AS channel, i.retrieved > 0 AS retrieved
  FROM funded AS paid
  JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
  LEFT JOIN channel_use AS t ON t.inference = i.inference AND t.epoch = $epoch
  WHERE paid.epoch = $epoch
),
transfer AS (SELECT DISTINCT asset, ordinal FROM ownership_change WHERE epoch = $epoch AND ordinal >= 0),
served AS (SELECT DISTINCT model, infrastructure, agent FROM paid),
source AS (
  SELECT DISTINCT model, model AS asset FROM served
  UNION
  SELECT s.model, e.parent FROM source AS s JOIN asset_parent AS e ON e.asset = s.asset
),
payee AS (
  SELECT s.model, s.infrastructure, s.agent, source.asset FROM served AS s JOIN source USING (model)
  UNION ALL
  SELECT model, infrastructure, agent, infrastructure FROM served
  UNION ALL
  SELECT model, infrastructure, agent, agent FROM served
),
change AS (
  SELECT DISTINCT p.model, p.infrastructure, p.agent, t.ordinal FROM payee AS p JOIN transfer AS t USING (asset)
)
SELECT
  paid.model,
  paid.infrastructure,
  paid.agent,
  paid.token,
  paid.channel,
  paid.retrieved,
  coalesce(c.ordinal, -1) AS since,
  sum(paid.fee)::HUGEINT AS fees
FROM paid
ASOF LEFT JOIN change AS c
  ON c.model = paid.model AND c.infrastructure = paid.infrastructure AND c.agent = paid.agent AND paid.ordinal > c.ordinal
GROUP BY ALL
ORDER BY ALL
