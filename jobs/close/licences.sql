-- one row per grant, with the place from which on it is revoked, in accept order
SELECT l.*, r.epoch AS revoked_epoch, r.ordinal AS revoked_ordinal
FROM licence AS l
LEFT JOIN licence_revoked AS r USING (grant_id)
ORDER BY l.epoch, l.ordinal
