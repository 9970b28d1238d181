-- one row per (contribution of $account, one before it in priority that is near it as an extractor said of either), most similar
-- first; needs the temporary table `batch_rank`. `found`: how many contributions of the account there are in all rows.
WITH pair AS (
  SELECT feature_map, batch, item_index, near_batch AS of_batch, near_index AS of_index, similarity FROM contribution_near
  UNION
  SELECT feature_map, near_batch, near_index, batch, item_index, similarity FROM contribution_near
),
evidence AS (
  SELECT b.batch, p.item_index, p.of_batch, p.of_index, p.similarity, m.similarity AS measure
  FROM pair AS p
  JOIN feature_map AS m USING (feature_map)
  JOIN batch_rank AS b ON p.batch = b.batch
  JOIN batch_rank AS o ON p.of_batch = o.batch
  WHERE b.account = $account AND o.first_place + p.of_index < b.first_place + p.item_index
)
SELECT
  b.batch_id, e.item_index, o.batch_id AS of_batch_id, e.of_index, e.similarity, e.measure,
  (SELECT count(DISTINCT (batch, item_index)) FROM evidence) AS found
FROM evidence AS e
JOIN contribution_batch AS b USING (batch)
JOIN contribution_batch AS o ON o.batch = e.of_batch
ORDER BY e.similarity DESC, b.batch_id, e.item_index, of_batch_id, e.of_index, e.measure
LIMIT $top
