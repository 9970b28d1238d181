-- one row per contribution that was retrieved for one of $inferences, in rank order; account null: it is unknown, withdrawn or erased by the
-- cut of $epoch
WITH asked AS (SELECT unnest($inferences) AS inference),
gone AS (
  SELECT batch, item_index FROM contribution_withdrawn WHERE epoch <= $epoch
  UNION
  SELECT batch, item_index FROM contribution_erased WHERE epoch <= $epoch
)
SELECT
  r.inference,
  r.score,
  CASE WHEN whole.batch IS NULL AND single.batch IS NULL THEN b.account END AS account
FROM retrieved_item AS r
SEMI JOIN asked ON asked.inference = r.inference
LEFT JOIN contribution_batch AS b ON b.batch = r.batch AND b.epoch <= $epoch AND r.item_index < b.items
LEFT JOIN (SELECT DISTINCT batch FROM gone WHERE item_index IS NULL) AS whole ON whole.batch = r.batch
LEFT JOIN gone AS single ON single.batch = r.batch AND single.item_index = r.item_index
-- no use waits longer: what lies before is not read
WHERE r.epoch BETWEEN $epoch - $useEpochsMax AND $epoch
ORDER BY r.inference, r.place
