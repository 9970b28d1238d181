-- one row per (model, token, contribution) valued in $epoch: what it did for the uses of the paid period
SELECT v.model, v.token, b.dataset, b.account, b.source, b.batch_id, v.item_index, v.value
FROM item_value AS v
JOIN contribution_batch AS b USING (batch)
WHERE v.epoch = $epoch
ORDER BY v.model, v.token, b.dataset, b.source, b.batch_id, v.item_index
