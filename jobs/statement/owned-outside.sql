-- one row per (asset, token): fees of uses of what $account owns a share of, taken and held because no licence of it covered them
WITH owned AS (
  SELECT asset FROM ownership_change WHERE account = $account GROUP BY asset HAVING sum(delta) > 0
),
held AS (
  SELECT h.inference, i.model AS asset, i.token, h.fee
  FROM held_fee AS h JOIN inference AS i USING (inference) JOIN use_outside AS o ON o.inference = h.inference
  WHERE o.model_outside
  UNION ALL
  SELECT h.inference, i.agent AS asset, i.token, h.fee
  FROM held_fee AS h JOIN inference AS i USING (inference) JOIN use_outside AS o ON o.inference = h.inference
  WHERE o.agent_outside
  UNION ALL
  SELECT h.inference, d.dataset AS asset, i.token, h.fee
  FROM held_fee AS h JOIN inference AS i USING (inference) JOIN use_outside_dataset AS d ON d.inference = h.inference
),
returned AS (SELECT inference, sum(amount)::HUGEINT AS amount FROM fee_returned GROUP BY inference),
divided AS (
  SELECT held.inference, held.asset, held.token, held.fee - coalesce(r.amount, 0) AS fee, coalesce(r.amount, 0) AS returned
  FROM held
  SEMI JOIN owned USING (asset)
  LEFT JOIN returned AS r ON r.inference = held.inference
)
SELECT
  d.asset,
  d.token,
  coalesce(sum(d.fee) FILTER (e.became IS NULL), 0)::HUGEINT AS held,
  coalesce(sum(d.fee) FILTER (e.became = 'released'), 0)::HUGEINT AS released,
  sum(d.returned)::HUGEINT AS refunded
FROM divided AS d
LEFT JOIN held_fee_ended AS e ON e.inference = d.inference
GROUP BY d.asset, d.token
ORDER BY d.asset, d.token
