-- one row per (token, kind, asset): what $account's lines of $first to $last say, and what all lines of that kind and asset say
SELECT
  token,
  kind,
  asset,
  coalesce(sum(amount) FILTER (account = $account), 0)::HUGEINT AS yours,
  sum(amount)::HUGEINT AS paid
FROM settlement_line
WHERE epoch BETWEEN $first AND $last
GROUP BY ALL
ORDER BY ALL
