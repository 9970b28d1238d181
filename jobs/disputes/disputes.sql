-- one row per accepted dispute, newest first: of $account (as opener, or as whom the line pays) and of the name $dispute, each
-- null for any; with how it stood when it was last settled, and what was decided
SELECT
  d.*,
  s.status AS opened_as,
  s.until_epoch,
  t.epoch AS as_of,
  t.status,
  t.wanted,
  t.held,
  t.award,
  r.upheld,
  r.award_parts,
  r.reason,
  r.epoch AS decided_in
FROM dispute AS d
LEFT JOIN dispute_status AS s USING (dispute)
LEFT JOIN (
  FROM dispute_standing QUALIFY row_number() OVER (PARTITION BY dispute ORDER BY epoch DESC) = 1
) AS t USING (dispute)
LEFT JOIN dispute_resolution AS r USING (dispute)
WHERE ($account IS NULL OR d.opener = $account OR d.account = $account) AND ($dispute IS NULL OR d.dispute = $dispute)
ORDER BY d.epoch DESC, d.ordinal DESC
