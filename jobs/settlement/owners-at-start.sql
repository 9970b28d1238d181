-- one row per (asset, account) that owned some of it when $epoch began: what is registered in the epoch counts from its start
SELECT asset, account, sum(delta) AS parts
FROM ownership_change
WHERE (epoch < $epoch OR (epoch = $epoch AND ordinal < 0)) AND list_contains($assets, asset)
GROUP BY asset, account
HAVING sum(delta) > 0
ORDER BY asset, account
