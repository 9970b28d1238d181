-- one row per dispute that was opened in $epoch, or was open at its begin, in the order in which they were opened
SELECT
  d.dispute,
  d.source,
  d.id,
  d.opener,
  d.account,
  d.token,
  d.kind,
  d.asset,
  d.line_epoch,
  d.claim,
  d.epoch,
  s.until_epoch AS until,
  d.bond::VARCHAR AS bond,
  t.wanted::VARCHAR AS wanted,
  t.held::VARCHAR AS held,
  t.award::VARCHAR AS award,
  t.status
FROM dispute_standing AS t
JOIN dispute AS d USING (dispute)
JOIN dispute_status AS s USING (dispute)
WHERE t.epoch = $epoch
ORDER BY t.place
