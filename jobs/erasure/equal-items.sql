-- one row per item, of any batch but this, whose content has the fingerprint of an item of the batch that is to be erased ($indexes:
-- numbers with commas, empty for all), or is declared near one; without those that are ordered to be erased already
WITH wanted AS (
  SELECT c.batch, c.item_index
  FROM contribution AS c
  JOIN contribution_batch AS b USING (batch)
  WHERE b.source = $batchSource AND b.batch_id = $batchId
    AND ($indexes = '' OR list_contains(string_split($indexes, ','), c.item_index::VARCHAR))
),
features AS (SELECT f.* FROM contribution_features AS f SEMI JOIN wanted USING (batch, item_index)),
alike AS (
  SELECT o.batch, o.item_index
  FROM contribution_features AS o
  SEMI JOIN features AS f ON f.feature_map = o.feature_map AND f.fingerprint = o.fingerprint
  UNION
  SELECT near_batch, near_index FROM contribution_near SEMI JOIN wanted USING (batch, item_index)
  UNION
  SELECT n.batch, n.item_index
  FROM contribution_near AS n
  SEMI JOIN wanted AS w ON w.batch = n.near_batch AND w.item_index = n.near_index
)
SELECT b.source, b.batch_id, a.item_index, b.account
FROM alike AS a
JOIN contribution_batch AS b USING (batch)
ANTI JOIN wanted USING (batch, item_index)
WHERE NOT EXISTS (
  SELECT 1 FROM contribution_erased AS e
  WHERE e.batch = a.batch AND (e.item_index IS NULL OR e.item_index = a.item_index)
)
ORDER BY ALL
