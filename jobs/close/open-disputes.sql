-- one row per dispute that can be decided in $epoch: opened before, found good, not decided yet, and not at its end
SELECT d.dispute, d.opener, d.line_epoch, d.account, d.token, d.kind, d.asset
FROM dispute AS d
JOIN dispute_status AS s USING (dispute)
ANTI JOIN (SELECT dispute FROM dispute_resolution WHERE epoch < $epoch) AS r ON r.dispute = d.dispute
WHERE d.epoch < $epoch AND s.status = 'open' AND s.until_epoch >= $epoch
