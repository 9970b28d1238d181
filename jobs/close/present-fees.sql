-- one row per inference of $inferences that was accepted: the fee that stands by now, and whether it is void
WITH named AS (
  SELECT inference, fee FROM inference SEMI JOIN (SELECT unnest($inferences) AS inference) USING (inference)
)
SELECT
  n.inference,
  least(n.fee, coalesce(min(c.fee), n.fee))::HUGEINT AS fee,
  coalesce(bool_or(c.kind = 'void'), false) AS is_void
FROM named AS n
LEFT JOIN correction AS c USING (inference)
GROUP BY n.inference, n.fee
