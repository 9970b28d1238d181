-- one row per account: what its kept items sum to, and what it withdrew, at the exponent of V
SELECT
  account,
  coalesce(sum(w * u) FILTER (withdrawn = 0), 0)::HUGEINT AS kept,
  coalesce(sum(w * u) FILTER (withdrawn = 1), 0)::HUGEINT AS withdrawn
FROM projection
GROUP BY account
ORDER BY account
