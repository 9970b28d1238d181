-- one row per (seller, token, asset): what its shares were sold for in $epoch
SELECT o.seller, o.token, o.asset, sum(o.price)::HUGEINT AS amount
FROM sale AS s
JOIN offer AS o USING (offer)
WHERE s.epoch = $epoch AND s.status = 'settled'
GROUP BY ALL
ORDER BY ALL
