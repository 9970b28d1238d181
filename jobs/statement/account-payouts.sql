-- one row per (epoch, token) in which $account earned something, or was paid or owed something else than before; minimum: of the
-- policy in force in that epoch
SELECT
  t.*,
  e.state,
  (t.cumulative - t.amount_before)::HUGEINT AS paid,
  coalesce(m.amount, 0)::HUGEINT AS minimum
FROM account_total AS t
JOIN epoch AS e USING (epoch)
LEFT JOIN minimum_payout AS m ON m.policy = e.policy AND m.token = t.token
WHERE t.account = $account AND t.epoch BETWEEN $first AND $last
  AND (t.line_count > 0 OR t.small_before <> t.small OR t.disputed > 0 OR t.netted > 0)
ORDER BY t.epoch, t.token
