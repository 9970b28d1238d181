-- one row per (asset, epoch) in which the share of $account changed: its millionths from then on
WITH change AS (
  SELECT asset, epoch, sum(delta) AS delta FROM ownership_change WHERE account = $account GROUP BY asset, epoch
)
SELECT
  a.asset,
  a.kind,
  a.title,
  a.identity,
  a.access,
  c.epoch,
  (sum(c.delta) OVER (PARTITION BY c.asset ORDER BY c.epoch))::INTEGER AS parts
FROM change AS c
JOIN asset AS a USING (asset)
ORDER BY a.asset, c.epoch
