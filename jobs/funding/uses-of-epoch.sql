-- one row per inference of $epoch after $after in accept order, at most $page, with the fee that stands after the corrections up to
-- $corrected
WITH page AS (
  SELECT ordinal, inference, payer, token, model, fee, voucher
  FROM inference
  WHERE epoch = $epoch AND ordinal > $after
  ORDER BY ordinal
  LIMIT $page
),
-- each correction takes something back of the one before, and what is void stays so
corrected AS (
  SELECT inference, min(fee) AS fee, bool_or(kind = 'void') AS is_void
  FROM correction
  WHERE epoch BETWEEN $epoch AND $corrected
  GROUP BY inference
)
SELECT
  page.* REPLACE (coalesce(c.fee, page.fee) AS fee),
  coalesce(c.is_void, false) AS is_void,
  o.inference IS NOT NULL AS outside
FROM page
LEFT JOIN (SELECT inference FROM use_outside WHERE epoch = $epoch) AS o USING (inference)
LEFT JOIN corrected AS c ON c.inference = page.inference
ORDER BY ordinal
