-- one row per token: the fees of inferences accepted in $epoch, by what became of them
SELECT
  i.token,
  coalesce(sum(i.fee) FILTER (paid.inference IS NOT NULL), 0)::HUGEINT AS funded,
  coalesce(sum(i.fee) FILTER (other.status = 'unfunded'), 0)::HUGEINT AS unfunded,
  coalesce(sum(i.fee) FILTER (other.status = 'reported'), 0)::HUGEINT AS reported
FROM inference AS i
LEFT JOIN (SELECT inference FROM funded WHERE epoch = $epoch) AS paid USING (inference)
LEFT JOIN (SELECT inference, status FROM not_funded WHERE epoch = $epoch) AS other ON other.inference = i.inference
WHERE i.epoch = $epoch
GROUP BY i.token
ORDER BY i.token
