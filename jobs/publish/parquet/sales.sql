-- one row per acceptance of $epoch, in accept order
SELECT a.offer, a.source, a.id, o.kind, o.asset, o.seller, a.buyer, o.parts, o.token, o.price::VARCHAR AS price, s.status
FROM sale AS s
JOIN offer_acceptance AS a ON a.epoch = s.epoch AND a.ordinal = s.ordinal
JOIN offer AS o ON o.offer = a.offer
WHERE s.epoch = $epoch
ORDER BY s.ordinal
