-- one row per (account, token): what owners of $agent were paid for it, by work and by outcome
SELECT
  account,
  token,
  coalesce(sum(amount) FILTER (kind = 'agent'), 0)::HUGEINT AS by_work,
  coalesce(sum(amount) FILTER (kind = 'outcome'), 0)::HUGEINT AS by_outcome
FROM settlement_line
WHERE asset = $agent AND kind IN ('agent', 'outcome')
GROUP BY account, token
ORDER BY account, token
