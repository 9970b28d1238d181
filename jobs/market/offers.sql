-- one row per offer of $asset (null: of any asset), newest first, with what became of it as of the last closed epoch; times: how
-- often it was sold, terms of a licence null for a share
WITH cut AS (SELECT max(cut_time_ms) AS last_ms FROM epoch WHERE state <> 'open'),
sold AS (
  SELECT s.offer, count(*) AS times, min(a.buyer) AS buyer, min(s.epoch) AS epoch
  FROM sale AS s
  JOIN offer_acceptance AS a ON a.epoch = s.epoch AND a.ordinal = s.ordinal
  WHERE s.status = 'settled'
  GROUP BY s.offer
),
owner AS (SELECT asset, account FROM ownership_change GROUP BY asset, account HAVING sum(delta) > 0)
SELECT
  o.offer,
  o.kind,
  o.asset,
  o.seller,
  o.buyer,
  o.parts,
  o.token,
  o.price,
  o.expires_ms,
  o.terms,
  o.epoch,
  l.* EXCLUDE (offer, epoch),
  coalesce(s.times, 0) AS times,
  CASE WHEN o.kind = 'share' THEN s.buyer END AS sold_to,
  CASE WHEN o.kind = 'share' THEN s.epoch END AS sold_in,
  CASE
    WHEN s.times >= coalesce(nullif(l.copies, 0), CASE WHEN o.kind = 'share' THEN 1 END) THEN 'sold'
    WHEN w.offer IS NOT NULL THEN 'withdrawn'
    WHEN o.expires_ms < (SELECT last_ms FROM cut) THEN 'expired'
    WHEN o.kind = 'licence' AND owner.asset IS NULL THEN 'lapsed'
    ELSE 'open'
  END AS state
FROM offer AS o
LEFT JOIN sold AS s USING (offer)
LEFT JOIN offer_licence AS l ON l.offer = o.offer
LEFT JOIN offer_withdrawn AS w ON w.offer = o.offer
LEFT JOIN owner ON owner.asset = o.asset AND owner.account = o.seller
WHERE o.asset = coalesce($asset, o.asset) AND o.offer = coalesce($offer, o.offer)
ORDER BY o.epoch DESC, o.ordinal DESC
