-- one row per token: the fees of inferences accepted in $epoch by what became of them, and what became in it of fees that were held
WITH fee AS (
  SELECT i.token, n.fee, n.status
  FROM inference AS i
  JOIN not_funded AS n USING (inference)
  WHERE i.epoch = $epoch AND n.epoch = $epoch
  UNION ALL
  SELECT i.token, h.fee, 'outside' AS status
  FROM inference AS i
  JOIN held_fee AS h USING (inference)
  WHERE i.epoch = $epoch AND h.epoch = $epoch
  UNION ALL
  SELECT i.token, p.fee, CASE WHEN e.inference IS NULL THEN 'funded' ELSE 'released' END AS status
  FROM funded AS p
  JOIN inference AS i USING (inference)
  LEFT JOIN (SELECT inference FROM held_fee_ended WHERE epoch = $epoch AND became = 'released') AS e USING (inference)
  WHERE p.epoch = $epoch
  UNION ALL
  SELECT i.token, r.amount, 'refunded' AS status
  FROM fee_returned AS r
  JOIN inference AS i USING (inference)
  WHERE r.epoch = $epoch
)
SELECT
  token,
  coalesce(sum(fee) FILTER (status = 'funded'), 0)::HUGEINT AS funded,
  coalesce(sum(fee) FILTER (status = 'outside'), 0)::HUGEINT AS outside,
  coalesce(sum(fee) FILTER (status = 'released'), 0)::HUGEINT AS released,
  coalesce(sum(fee) FILTER (status = 'refunded'), 0)::HUGEINT AS refunded,
  coalesce(sum(fee) FILTER (status = 'unfunded'), 0)::HUGEINT AS unfunded,
  coalesce(sum(fee) FILTER (status = 'reported'), 0)::HUGEINT AS reported
FROM fee
GROUP BY token
ORDER BY token
