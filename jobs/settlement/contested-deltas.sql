-- one row per (adjustment, line) that an adjustment accepted in $epoch changes and somebody else than its account disputed, in accept
-- order; taken: of the line by disputes that were upheld in earlier epochs; counted: of that in adjustments of earlier epochs
SELECT
  d.adjustment,
  d.for_epoch AS line_epoch,
  d.account,
  d.token,
  d.kind,
  d.asset,
  d.delta,
  coalesce(t.taken, 0)::HUGEINT AS taken,
  coalesce(c.counted, 0)::HUGEINT AS counted
FROM adjustment_delta AS d
JOIN adjustment AS a USING (adjustment)
SEMI JOIN dispute AS o
  ON o.line_epoch = d.for_epoch AND o.account = d.account AND o.token = d.token AND o.kind = d.kind AND o.asset = d.asset
  AND o.opener <> o.account
LEFT JOIN (
  SELECT u.line_epoch, u.account, u.token, u.kind, u.asset, sum(s.held) AS taken
  FROM dispute_standing AS s
  JOIN dispute AS u USING (dispute)
  WHERE s.status = 'upheld' AND s.epoch < $epoch
  GROUP BY ALL
) AS t
  ON t.line_epoch = d.for_epoch AND t.account = d.account AND t.token = d.token AND t.kind = d.kind AND t.asset = d.asset
LEFT JOIN (
  SELECT for_epoch, account, token, kind, asset, sum(forfeited) AS counted
  FROM adjustment_delta
  WHERE epoch < $epoch
  GROUP BY ALL
) AS c
  ON c.for_epoch = d.for_epoch AND c.account = d.account AND c.token = d.token AND c.kind = d.kind AND c.asset = d.asset
WHERE d.epoch = $epoch
ORDER BY a.ordinal, d.for_epoch, d.account, d.token, d.kind, d.asset
