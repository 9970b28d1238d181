-- one row per (epoch, model, token, dataset): a paid period of $first to $last valued contributions to a dataset of which $account
-- owned a share then
SELECT DISTINCT v.epoch, v.model, v.token, b.dataset
FROM item_value AS v
JOIN contribution_batch AS b USING (batch)
SEMI JOIN (
  SELECT e.epoch, c.asset
  FROM epoch AS e
  JOIN ownership_change AS c ON c.account = $account AND c.epoch <= e.epoch
  WHERE e.epoch BETWEEN $first AND $last
  GROUP BY e.epoch, c.asset
  HAVING sum(c.delta) > 0
) AS owned ON owned.epoch = v.epoch AND owned.asset = b.dataset
WHERE v.epoch BETWEEN $first AND $last
ORDER BY ALL
