-- one row per (epoch, asset, token, until): fees still held, because no licence of $account's asset covered the uses
WITH owned AS (
  SELECT asset FROM ownership_change WHERE account = $account GROUP BY asset HAVING sum(delta) > 0
),
held AS (
  SELECT h.inference, h.epoch, h.until_epoch, i.model, i.agent, i.token, i.fee, o.model_outside, o.agent_outside
  FROM held_fee AS h
  JOIN inference AS i USING (inference)
  JOIN use_outside AS o ON o.inference = h.inference
  ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch <= $epoch) AS e ON e.inference = h.inference
  WHERE h.epoch <= $epoch
),
by_asset AS (
  SELECT epoch, until_epoch, model AS asset, token, fee FROM held WHERE model_outside
  UNION ALL
  SELECT epoch, until_epoch, agent AS asset, token, fee FROM held WHERE agent_outside
  UNION ALL
  SELECT h.epoch, h.until_epoch, d.dataset, h.token, h.fee FROM held AS h JOIN use_outside_dataset AS d USING (inference)
)
SELECT epoch, asset, token, until_epoch AS until, sum(fee)::HUGEINT AS amount
FROM by_asset
SEMI JOIN owned USING (asset)
GROUP BY ALL
ORDER BY ALL
