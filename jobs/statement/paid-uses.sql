-- one row per (model, token): what $account was asked to pay for uses, by what became of it; undecided ones left out
WITH returned AS (
  SELECT r.inference, sum(r.amount)::HUGEINT AS amount
  FROM fee_returned AS r
  SEMI JOIN (SELECT inference FROM inference WHERE payer = $account) AS i USING (inference)
  GROUP BY r.inference
),
fee AS (
  SELECT
    i.model,
    i.token,
    coalesce(paid.fee, other.fee, held.fee - coalesce(r.amount, 0)) AS fee,
    coalesce(r.amount, 0) AS refunded,
    CASE
      WHEN paid.inference IS NOT NULL THEN 'funded'
      WHEN held.inference IS NULL THEN other.status
      WHEN ended.inference IS NULL THEN 'outside'
      ELSE 'refunded'
    END AS status
  FROM inference AS i
  LEFT JOIN funded AS paid USING (inference)
  LEFT JOIN not_funded AS other ON other.inference = i.inference
  LEFT JOIN held_fee AS held ON held.inference = i.inference
  LEFT JOIN held_fee_ended AS ended ON ended.inference = i.inference
  LEFT JOIN returned AS r ON r.inference = i.inference
  WHERE i.payer = $account
)
SELECT
  model,
  token,
  count(*) AS uses,
  coalesce(sum(fee) FILTER (status = 'funded'), 0)::HUGEINT AS funded,
  coalesce(sum(fee) FILTER (status = 'outside'), 0)::HUGEINT AS outside,
  sum(refunded)::HUGEINT AS refunded,
  coalesce(sum(fee) FILTER (status = 'unfunded'), 0)::HUGEINT AS unfunded,
  coalesce(sum(fee) FILTER (status = 'reported'), 0)::HUGEINT AS reported
FROM fee
WHERE status IS NOT NULL
GROUP BY model, token
ORDER BY model, token
