-- one row per (epoch, model, token) whose period paid and valued items of $asset (a dataset's own, or all of a model): how many,
-- how many of them helped, what they sum to, and what all items that helped sum to
WITH valued AS (
  SELECT v.epoch, v.model, v.token, v.value, b.dataset
  FROM item_value AS v
  JOIN contribution_batch AS b USING (batch)
  WHERE v.model = $asset OR (v.epoch, v.model, v.token) IN (
    SELECT (i.epoch, i.model, i.token) FROM item_value AS i JOIN contribution_batch AS o USING (batch) WHERE o.dataset = $asset
  )
)
SELECT
  epoch,
  model,
  token,
  count(*) FILTER (model = $asset OR dataset = $asset) AS items,
  count(*) FILTER ((model = $asset OR dataset = $asset) AND value > 0) AS helping,
  coalesce(sum(value) FILTER (model = $asset OR dataset = $asset), 0)::HUGEINT AS value,
  coalesce(sum(value) FILTER (value > 0), 0)::HUGEINT AS helped
FROM valued
GROUP BY epoch, model, token
ORDER BY epoch, model, token
