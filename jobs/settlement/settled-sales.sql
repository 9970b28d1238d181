-- one row per acceptance of $epoch that was settled, in accept order
SELECT o.offer, o.kind, o.seller, o.token, o.asset, o.price, s.ordinal
FROM sale AS s
JOIN offer AS o USING (offer)
WHERE s.epoch = $epoch AND s.status = 'settled'
ORDER BY s.ordinal
