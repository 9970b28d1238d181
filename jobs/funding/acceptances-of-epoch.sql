-- one row per acceptance of $epoch after $after in accept order, at most $page, with what its offer says; copies: how many of them
-- can be sold, 0 for any number; sold: how many were before $epoch; terms of a licence null for a share
SELECT
  a.ordinal,
  a.offer,
  a.buyer,
  o.kind,
  o.seller,
  o.asset,
  o.parts,
  o.token,
  o.price,
  coalesce(l.copies, 1) AS copies,
  coalesce(s.sold, 0) AS sold,
  l.uses,
  l.from_ms,
  CASE WHEN l.duration_ms > 0 THEN a.effective_ms + l.duration_ms ELSE l.until_ms END AS until_ms,
  l.price_list
FROM offer_acceptance AS a
JOIN offer AS o USING (offer)
LEFT JOIN offer_licence AS l ON l.offer = a.offer
LEFT JOIN (
  SELECT offer, count(*) AS sold FROM sale WHERE status = 'settled' AND epoch < $epoch GROUP BY offer
) AS s ON s.offer = a.offer
WHERE a.epoch = $epoch AND a.ordinal > $after
ORDER BY a.ordinal
LIMIT $page
