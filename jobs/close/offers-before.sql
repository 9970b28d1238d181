-- one row per offer accepted before $epoch; is_locked: it is of a share, and has neither been settled nor withdrawn nor expired
-- before $epoch
SELECT
  o.offer,
  o.seller,
  o.asset,
  o.parts,
  o.buyer,
  o.expires_ms,
  o.terms,
  w.offer IS NOT NULL AS is_withdrawn,
  o.kind = 'share' AND s.offer IS NULL AND w.offer IS NULL AND o.expires_ms >= $lastCutMs::BIGINT AS is_locked
FROM offer AS o
LEFT JOIN (SELECT DISTINCT offer FROM sale WHERE status = 'settled' AND epoch < $epoch) AS s USING (offer)
LEFT JOIN (SELECT offer FROM offer_withdrawn WHERE epoch < $epoch) AS w ON w.offer = o.offer
WHERE o.epoch < $epoch
