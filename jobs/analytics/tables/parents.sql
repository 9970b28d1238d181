-- one row per (asset, parent) declared in $epoch: millionths of what is paid upstream for it
SELECT asset, parent, parts FROM asset_parent WHERE epoch = $epoch ORDER BY asset, parent
