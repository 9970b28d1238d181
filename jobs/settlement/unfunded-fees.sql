-- one row per token: the fees of inferences accepted in $epoch, funded and not
SELECT
  i.token,
  coalesce(sum(i.fee) FILTER (paid.inference IS NOT NULL), 0)::HUGEINT AS funded,
  coalesce(sum(i.fee) FILTER (paid.inference IS NULL), 0)::HUGEINT AS unfunded
FROM inference AS i
LEFT JOIN funded AS paid USING (inference)
WHERE i.epoch = $epoch
GROUP BY i.token
ORDER BY i.token
