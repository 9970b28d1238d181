-- one row per (epoch, token, kind): what was paid for $asset in it, and to how many accounts
SELECT epoch, token, kind, sum(amount)::HUGEINT AS amount, count(*) AS accounts
FROM settlement_line
WHERE asset = $asset
GROUP BY epoch, token, kind
ORDER BY epoch, token, kind
