-- one row per item that did more harm than good in the period, the $top worst, worst first
SELECT c.account, b.dataset, b.batch_id, v.item_index, c.content_hash, v.value
FROM item_value AS v
JOIN contribution AS c USING (batch, item_index)
JOIN contribution_batch AS b USING (batch)
WHERE v.epoch = $epoch AND v.model = $model AND v.token = $token AND v.value < 0
ORDER BY v.value, b.batch_id, v.item_index
LIMIT $top
