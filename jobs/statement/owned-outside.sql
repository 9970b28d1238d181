-- one row per (asset, token): fees of uses of what $account owns a share of, taken and held because no licence of it covered them
WITH owned AS (
  SELECT asset FROM ownership_change WHERE account = $account GROUP BY asset HAVING sum(delta) > 0
),
held AS (
  SELECT h.inference, i.model AS asset, i.token, i.fee
  FROM held_fee AS h JOIN inference AS i USING (inference) JOIN use_outside AS o ON o.inference = h.inference
  WHERE o.model_outside
  UNION ALL
  SELECT h.inference, i.agent AS asset, i.token, i.fee
  FROM held_fee AS h JOIN inference AS i USING (inference) JOIN use_outside AS o ON o.inference = h.inference
  WHERE o.agent_outside
)
SELECT
  held.asset,
  held.token,
  coalesce(sum(held.fee) FILTER (e.became IS NULL), 0)::HUGEINT AS held,
  coalesce(sum(held.fee) FILTER (e.became = 'released'), 0)::HUGEINT AS released,
  coalesce(sum(held.fee) FILTER (e.became = 'refunded'), 0)::HUGEINT AS refunded
FROM held
SEMI JOIN owned USING (asset)
LEFT JOIN held_fee_ended AS e ON e.inference = held.inference
GROUP BY held.asset, held.token
ORDER BY held.asset, held.token
