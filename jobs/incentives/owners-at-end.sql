-- one row per (asset, account): millionths owned at the end of $epoch
SELECT asset, account, sum(delta)::INTEGER AS parts
FROM ownership_change
WHERE epoch <= $epoch
GROUP BY asset, account
HAVING sum(delta) > 0
ORDER BY asset, parts DESC, account
