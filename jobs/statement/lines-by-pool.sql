-- one row per (token, kind, asset): what $account's lines of $first to $last say, and what all lines of that kind and asset say; whatever
-- channel divided a data part, it is paid out of the contributors' pool of its model, `data`
SELECT
  token,
  CASE WHEN kind IN ('retrieval', 'text') THEN 'data' ELSE kind END AS kind,
  asset,
  coalesce(sum(amount) FILTER (account = $account), 0)::HUGEINT AS yours,
  sum(amount)::HUGEINT AS paid
FROM settlement_line
WHERE epoch BETWEEN $first AND $last
GROUP BY ALL
ORDER BY ALL
