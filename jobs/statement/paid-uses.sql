-- one row per (model, token): what $account was asked to pay for uses, by what became of it; undecided ones left out
SELECT
  i.model,
  i.token,
  count(*) AS uses,
  coalesce(sum(i.fee) FILTER (paid.inference IS NOT NULL), 0)::HUGEINT AS funded,
  coalesce(sum(i.fee) FILTER (other.status = 'unfunded'), 0)::HUGEINT AS unfunded,
  coalesce(sum(i.fee) FILTER (other.status = 'reported'), 0)::HUGEINT AS reported
FROM inference AS i
LEFT JOIN funded AS paid USING (inference)
LEFT JOIN not_funded AS other ON other.inference = i.inference
WHERE i.payer = $account AND (paid.inference IS NOT NULL OR other.inference IS NOT NULL)
GROUP BY i.model, i.token
ORDER BY i.model, i.token
