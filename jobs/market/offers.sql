-- one row per offer of $asset (null: of any asset), newest first, with what became of it as of the last closed epoch
WITH cut AS (SELECT max(cut_time_ms) AS last_ms FROM epoch WHERE state <> 'open'),
sold AS (
  SELECT s.offer, a.buyer, s.epoch
  FROM sale AS s
  JOIN offer_acceptance AS a ON a.epoch = s.epoch AND a.ordinal = s.ordinal
  WHERE s.status = 'settled'
)
SELECT
  o.offer,
  o.asset,
  o.seller,
  o.buyer,
  o.parts,
  o.token,
  o.price,
  o.expires_ms,
  o.terms,
  o.epoch,
  s.buyer AS sold_to,
  s.epoch AS sold_in,
  CASE
    WHEN s.offer IS NOT NULL THEN 'sold'
    WHEN w.offer IS NOT NULL THEN 'withdrawn'
    WHEN o.expires_ms < (SELECT last_ms FROM cut) THEN 'expired'
    ELSE 'open'
  END AS state
FROM offer AS o
LEFT JOIN sold AS s USING (offer)
LEFT JOIN offer_withdrawn AS w ON w.offer = o.offer
WHERE o.asset = coalesce($asset, o.asset) AND o.offer = coalesce($offer, o.offer)
ORDER BY o.epoch DESC, o.ordinal DESC
