-- one row per acceptance of one of $offers that got nothing, in accept order; status null: its epoch is not attributed yet
SELECT a.offer, a.buyer, a.epoch, s.status
FROM offer_acceptance AS a
LEFT JOIN sale AS s ON s.epoch = a.epoch AND s.ordinal = a.ordinal
WHERE list_contains($offers, a.offer) AND coalesce(s.status, '') <> 'settled'
ORDER BY a.epoch, a.ordinal
