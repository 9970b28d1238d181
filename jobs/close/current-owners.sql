-- one row per (asset, account) that owns some of it, as of the last closed epoch
SELECT asset, account, sum(delta) AS parts FROM ownership_change GROUP BY asset, account HAVING sum(delta) > 0
