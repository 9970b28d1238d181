-- one row per (epoch, asset, role, token): paid uses, funded in $first to $last, of what $account owned a share of in that epoch.
-- role: the kind of asset that was used, or `derived` when a model made from the asset was
WITH RECURSIVE owned AS (
  SELECT e.epoch, c.asset
  FROM epoch AS e
  JOIN ownership_change AS c ON c.account = $account AND c.epoch <= e.epoch
  WHERE e.epoch BETWEEN $first AND $last
  GROUP BY e.epoch, c.asset
  HAVING coalesce(sum(c.delta) FILTER (c.epoch < e.epoch), 0) > 0 OR bool_or(c.epoch = e.epoch AND c.delta > 0)
),
used AS (
  SELECT paid.epoch, i.model, i.infrastructure, i.agent, i.token, count(*) AS uses, sum(paid.fee)::HUGEINT AS fees
  FROM funded AS paid
  JOIN inference AS i USING (inference)
  WHERE paid.epoch BETWEEN $first AND $last
  GROUP BY ALL
),
-- each (asset, ancestor) once, on however many paths
above AS (
  SELECT asset, parent AS ancestor FROM asset_parent
  UNION
  SELECT a.asset, p.parent FROM above AS a JOIN asset_parent AS p ON p.asset = a.ancestor
),
by_role AS (
  SELECT epoch, model AS asset, 'model' AS role, token, uses, fees FROM used
  UNION ALL
  SELECT epoch, infrastructure, 'infrastructure', token, uses, fees FROM used
  UNION ALL
  SELECT epoch, agent, 'agent', token, uses, fees FROM used WHERE agent <> ''
  UNION ALL
  SELECT u.epoch, a.ancestor, 'derived', u.token, u.uses, u.fees FROM used AS u JOIN above AS a ON a.asset = u.model
)
SELECT epoch, asset, role, token, sum(uses)::BIGINT AS uses, sum(fees)::HUGEINT AS fees
FROM by_role
SEMI JOIN owned USING (epoch, asset)
GROUP BY ALL
ORDER BY epoch, asset, role, token
