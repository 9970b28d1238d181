-- one row per settlement line of $account, in order; for contributions with their share of the period and what was held back
SELECT
  l.epoch,
  l.kind,
  l.asset,
  l.token,
  l.amount,
  s.share_low,
  s.share,
  s.share_high,
  coalesce(s.held_back, 0)::HUGEINT AS held_back
FROM settlement_line AS l
LEFT JOIN score AS s
  ON s.epoch = l.epoch AND s.account = l.account AND s.token = l.token AND s.model = l.asset AND l.kind = 'data'
WHERE l.account = $account AND l.epoch BETWEEN $first AND $last
ORDER BY l.epoch, l.token, l.kind, l.asset
