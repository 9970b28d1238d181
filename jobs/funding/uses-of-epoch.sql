-- one row per inference of $epoch after $after in accept order, at most $page, with the fee that stands after the corrections of
-- $epoch; model_outside, agent_outside, datasets_outside: what of it no licence covers that was there when its
-- epoch was closed
WITH page AS (
  SELECT ordinal, inference, payer, token, model, agent, fee, voucher, commercial, price_list
  FROM inference
  WHERE epoch = $epoch AND ordinal > $after
  ORDER BY ordinal
  LIMIT $page
),
-- each correction takes something back of the one before, and what is void stays so
corrected AS (
  SELECT inference, min(fee) AS fee, bool_or(kind = 'void') AS is_void
  FROM correction
  WHERE epoch = $epoch
  GROUP BY inference
)
SELECT
  page.* REPLACE (coalesce(c.fee, page.fee) AS fee),
  coalesce(c.is_void, false) AS is_void,
  coalesce(o.model_outside, FALSE) AS model_outside,
  coalesce(o.agent_outside, FALSE) AS agent_outside,
  d.datasets AS datasets_outside,
  coalesce(o.effective_ms, 0) AS effective_ms
FROM page
LEFT JOIN (SELECT * FROM use_outside WHERE epoch = $epoch) AS o USING (inference)
LEFT JOIN (
  SELECT inference, list(dataset ORDER BY dataset) AS datasets FROM use_outside_dataset WHERE epoch = $epoch GROUP BY inference
) AS d
  ON d.inference = page.inference
LEFT JOIN corrected AS c ON c.inference = page.inference
ORDER BY ordinal
