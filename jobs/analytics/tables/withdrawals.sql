-- one row per contribution that was withdrawn in $epoch
SELECT b.dataset, b.account, b.source, b.batch_id, w.item_index
FROM contribution_withdrawn AS w
JOIN contribution_batch AS b USING (batch)
WHERE w.epoch = $epoch
ORDER BY b.source, b.batch_id, w.item_index
