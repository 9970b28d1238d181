-- one row per dispute opened in $epoch, in accept order, with what became of its opening
SELECT d.*, s.status, s.wanted, s.until_epoch
FROM dispute AS d
JOIN dispute_status AS s USING (dispute)
WHERE d.epoch = $epoch
ORDER BY d.ordinal
