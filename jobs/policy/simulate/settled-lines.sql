-- one row per (account, token, kind): what lines of the epochs from $from to $to sum to
SELECT account, token, kind, sum(amount)::HUGEINT AS amount
FROM settlement_line
WHERE epoch BETWEEN $from AND $to
GROUP BY account, token, kind
