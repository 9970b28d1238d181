-- one row per grant, with the place from which on it is revoked, and per licence that was bought, in accept order; grant_id null:
-- bought, and never revoked
SELECT
  l.grant_id,
  l.asset,
  l.licensee,
  l.uses,
  l.from_ms,
  l.until_ms,
  l.price_list,
  l.royalty_parts,
  l.epoch,
  l.ordinal,
  r.epoch AS revoked_epoch,
  r.ordinal AS revoked_ordinal
FROM licence AS l
LEFT JOIN licence_revoked AS r USING (grant_id)
UNION ALL
SELECT NULL, asset, licensee, uses, from_ms, until_ms, price_list, royalty_parts, epoch, ordinal, NULL, NULL
FROM bought_licence
ORDER BY epoch, ordinal
