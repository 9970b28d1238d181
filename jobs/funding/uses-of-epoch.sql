-- one row per inference of $epoch after $after in accept order, at most $page; model_outside, agent_outside: what of it no licence
-- covers that was there when its epoch was closed
WITH page AS (
  SELECT ordinal, inference, payer, token, model, agent, fee, voucher, commercial, price_list
  FROM inference
  WHERE epoch = $epoch AND ordinal > $after
  ORDER BY ordinal
  LIMIT $page
)
SELECT
  page.*,
  coalesce(o.model_outside, FALSE) AS model_outside,
  coalesce(o.agent_outside, FALSE) AS agent_outside,
  coalesce(o.effective_ms, 0) AS effective_ms
FROM page
LEFT JOIN (SELECT * FROM use_outside WHERE epoch = $epoch) AS o USING (inference)
ORDER BY ordinal
