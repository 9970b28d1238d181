-- one row per token: the fees of inferences accepted in $epoch by what became of them, and what became in it of fees that were held
WITH fee AS (
  SELECT i.token, i.fee, coalesce(n.status, CASE WHEN h.inference IS NULL THEN 'funded' ELSE 'outside' END) AS status
  FROM inference AS i
  LEFT JOIN (SELECT inference, status FROM not_funded WHERE epoch = $epoch) AS n USING (inference)
  LEFT JOIN (SELECT inference FROM held_fee WHERE epoch = $epoch) AS h ON h.inference = i.inference
  WHERE i.epoch = $epoch
  UNION ALL
  SELECT i.token, i.fee, e.became AS status
  FROM held_fee_ended AS e
  JOIN inference AS i USING (inference)
  WHERE e.epoch = $epoch
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
