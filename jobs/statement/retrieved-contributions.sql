-- one row per contribution that was retrieved for $inference, in rank order; account null: nobody's by the cut of $epoch, and the other
-- columns what is known of it
WITH gone AS (
  SELECT batch, item_index FROM contribution_withdrawn WHERE epoch <= $epoch
  UNION
  SELECT batch, item_index FROM contribution_erased WHERE epoch <= $epoch
)
SELECT
  r.place + 1 AS rank,
  r.score,
  b.source AS batch_source,
  b.batch_id,
  r.item_index,
  c.content_hash,
  CASE
    WHEN EXISTS (SELECT 1 FROM gone WHERE gone.batch = r.batch AND coalesce(gone.item_index, r.item_index) = r.item_index) THEN NULL
    ELSE c.account
  END AS account
FROM retrieved_item AS r
LEFT JOIN contribution_batch AS b ON b.batch = r.batch AND b.epoch <= $epoch
LEFT JOIN contribution AS c ON c.batch = b.batch AND c.item_index = r.item_index
WHERE r.inference = $inference
ORDER BY r.place
