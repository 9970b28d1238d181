-- one row: what the epochs from $from to $to cost is divided by
SELECT
  (SELECT count(*) FROM inference WHERE epoch BETWEEN $from AND $to) AS inferences,
  count(DISTINCT t.account) AS payees,
  -- one claim for each account and token that was paid in these epochs
  count(*) FILTER (t.was_paid AND t.first_before = 0) AS first_claims,
  count(*) FILTER (t.was_paid AND t.first_before > 0) AS later_claims
FROM (
  SELECT
    account,
    token,
    arg_min(amount_before, epoch) AS first_before,
    sum(cumulative - amount_before) > 0 AS was_paid
  FROM account_total
  WHERE epoch BETWEEN $from AND $to
  GROUP BY account, token
  HAVING sum(line_count) > 0 OR sum(cumulative - amount_before) > 0
) AS t
