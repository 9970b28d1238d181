-- one row per (model, contribution of $account) that was valued in $epoch for $token under one of $models, the most influential
-- first: influence, not payment
SELECT b.source, b.batch_id, v.item_index, v.model, v.value
FROM item_value AS v
JOIN contribution AS c USING (batch, item_index)
JOIN contribution_batch AS b USING (batch)
WHERE c.account = $account AND v.epoch = $epoch AND v.token = $token AND list_contains($models, v.model) AND v.value <> 0
ORDER BY abs(v.value) DESC, b.source, b.batch_id, v.item_index, v.model
LIMIT $top
