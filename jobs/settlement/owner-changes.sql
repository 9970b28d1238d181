-- one row per (asset, account, ordinal): what the transfers of $epoch changed, in accept order
SELECT asset, account, ordinal, delta
FROM ownership_change
WHERE epoch = $epoch AND ordinal >= 0 AND list_contains($assets, asset)
ORDER BY asset, ordinal
