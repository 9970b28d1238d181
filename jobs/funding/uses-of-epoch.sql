-- one row per inference of $epoch after $after in accept order, at most $page
WITH page AS (
  SELECT ordinal, inference, payer, token, model, fee, voucher
  FROM inference
  WHERE epoch = $epoch AND ordinal > $after
  ORDER BY ordinal
  LIMIT $page
)
SELECT page.*, o.inference IS NOT NULL AS outside
FROM page
LEFT JOIN (SELECT inference FROM use_outside WHERE epoch = $epoch) AS o USING (inference)
ORDER BY ordinal
