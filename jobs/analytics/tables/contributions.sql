-- one row per batch of contributions accepted in $epoch
SELECT dataset, account, source, batch_id, items FROM contribution_batch WHERE epoch = $epoch ORDER BY ordinal
