-- one row: contributions to $asset, and those of them that equal, or are near to, one before them in priority, as any feature
-- map's extractor said; needs the temporary table `batch_rank`
WITH own AS (
  SELECT c.batch, c.item_index, r.first_place + c.item_index AS place
  FROM contribution AS c
  JOIN contribution_batch AS b USING (batch)
  JOIN batch_rank AS r USING (batch)
  WHERE b.dataset = $asset
),
first_equal AS (
  SELECT f.batch, f.item_index, min(r.first_place + f.item_index) OVER (PARTITION BY f.feature_map, f.fingerprint) AS place
  FROM contribution_features AS f
  JOIN batch_rank AS r USING (batch)
),
pair AS (
  SELECT batch, item_index, near_batch, near_index FROM contribution_near
  UNION ALL
  SELECT near_batch, near_index, batch, item_index FROM contribution_near
),
copy AS (
  SELECT o.batch, o.item_index FROM own AS o JOIN first_equal AS e USING (batch, item_index) WHERE e.place < o.place
  UNION
  SELECT o.batch, o.item_index
  FROM own AS o
  JOIN pair AS p USING (batch, item_index)
  JOIN batch_rank AS r ON r.batch = p.near_batch
  WHERE r.first_place + p.near_index < o.place
)
SELECT (SELECT count(*) FROM own) AS items, (SELECT count(*) FROM copy) AS duplicates
