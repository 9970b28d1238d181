-- one row per (epoch, token, kind, asset): by what the deposited balance of $account grew (above 0) or fell (below 0) in a settled
-- epoch; all rows of a token sum to its balance. asset: the model that was used, what was bought, or whose line was disputed
WITH used AS (SELECT inference, model, token FROM inference WHERE payer = $account),
moved AS (
  SELECT epoch, token, 'deposit' AS kind, '' AS asset, amount FROM deposit WHERE payer = $account
  UNION ALL
  SELECT f.epoch, u.token, 'fee', u.model, -f.fee FROM funded AS f JOIN used AS u USING (inference)
  UNION ALL
  SELECT h.epoch, u.token, 'outside', u.model, -h.fee FROM held_fee AS h JOIN used AS u USING (inference)
  UNION ALL
  SELECT f.epoch, u.token, 'released', u.model, f.fee
  FROM funded AS f JOIN used AS u USING (inference) SEMI JOIN held_fee AS h ON h.inference = f.inference
  UNION ALL
  SELECT r.epoch, u.token, CASE WHEN e.became = 'refunded' THEN 'unlicensed' ELSE 'corrected' END, u.model, r.amount
  FROM fee_returned AS r
  JOIN used AS u USING (inference)
  LEFT JOIN held_fee_ended AS e ON e.inference = r.inference AND e.epoch = r.epoch
  UNION ALL
  SELECT s.epoch, o.token, CASE o.kind WHEN 'share' THEN 'share-bought' ELSE 'licence-bought' END, o.asset, -o.price
  FROM sale AS s
  JOIN offer_acceptance AS a ON a.epoch = s.epoch AND a.ordinal = s.ordinal
  JOIN offer AS o ON o.offer = s.offer
  WHERE s.status = 'settled' AND a.buyer = $account
  UNION ALL
  SELECT s.epoch, d.token, 'bond-put-up', d.asset, -d.bond
  FROM dispute_status AS s JOIN dispute AS d USING (dispute)
  WHERE s.status = 'open' AND d.opener = $account
  UNION ALL
  SELECT t.epoch, d.token, 'bond-returned', d.asset, d.bond
  FROM dispute_standing AS t JOIN dispute AS d USING (dispute)
  WHERE t.status IN ('upheld', 'lapsed') AND d.opener = $account
)
SELECT epoch, token, kind, asset, sum(amount)::HUGEINT AS amount
FROM moved
SEMI JOIN (SELECT epoch FROM epoch WHERE settlement_json IS NOT NULL) AS settled USING (epoch)
GROUP BY ALL
HAVING sum(amount) <> 0
ORDER BY ALL
