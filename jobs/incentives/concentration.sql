-- one row per (token, kind, account): what lines of $epoch say
SELECT token, kind, account, sum(amount)::HUGEINT AS amount
FROM settlement_line
WHERE epoch = $epoch
GROUP BY ALL
ORDER BY token, kind, amount, account
