-- one row per acceptance of $epoch after $after in accept order, at most $page, with what its offer says; is_taken: somebody
-- bought it before $epoch
SELECT a.ordinal, a.offer, a.buyer, o.seller, o.asset, o.parts, o.token, o.price, s.offer IS NOT NULL AS is_taken
FROM offer_acceptance AS a
JOIN offer AS o USING (offer)
LEFT JOIN (SELECT offer FROM sale WHERE status = 'settled' AND epoch < $epoch) AS s ON s.offer = a.offer
WHERE a.epoch = $epoch AND a.ordinal > $after
ORDER BY a.ordinal
LIMIT $page
