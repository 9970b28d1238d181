-- one row per dispute opened in $epoch after $after in accept order, at most $page; line_amount: of the line, null when there is
-- none; taken: of it by disputes that were upheld before, and by adjustments
-- of earlier epochs, each epoch's by themselves
SELECT
  d.ordinal,
  d.dispute,
  d.opener,
  d.opener = d.account AS is_own,
  d.line_epoch,
  d.token,
  d.bond,
  l.amount AS line_amount,
  least(coalesce(t.taken, 0) + coalesce(x.lowered, 0), l.amount)::HUGEINT AS taken
FROM dispute AS d
LEFT JOIN settlement_line AS l
  ON l.epoch = d.line_epoch AND l.account = d.account AND l.token = d.token AND l.kind = d.kind AND l.asset = d.asset
LEFT JOIN (
  SELECT u.line_epoch, u.account, u.token, u.kind, u.asset, sum(s.held) AS taken
  FROM dispute_standing AS s
  JOIN dispute AS u USING (dispute)
  WHERE s.status = 'upheld' AND s.epoch < $epoch
  GROUP BY ALL
) AS t
  ON t.line_epoch = d.line_epoch AND t.account = d.account AND t.token = d.token AND t.kind = d.kind AND t.asset = d.asset
LEFT JOIN (
  SELECT for_epoch, account, token, kind, asset, sum(lowered) AS lowered
  FROM (
    SELECT for_epoch, account, token, kind, asset, epoch, greatest(0, -sum(delta + forfeited)) AS lowered
    FROM adjustment_delta
    WHERE epoch < $epoch
    GROUP BY ALL
  )
  GROUP BY ALL
) AS x
  ON x.for_epoch = d.line_epoch AND x.account = d.account AND x.token = d.token AND x.kind = d.kind AND x.asset = d.asset
WHERE d.epoch = $epoch AND d.ordinal > $after
ORDER BY d.ordinal
LIMIT $page
