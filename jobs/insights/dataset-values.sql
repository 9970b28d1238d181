-- one row per (dataset, account) with items valued in the period: how many helped and hurt, what they sum to, what the account was paid
SELECT
  b.dataset, c.account,
  count(*) FILTER (v.value > 0) AS helping,
  count(*) FILTER (v.value < 0) AS hurting,
  count(*) AS items,
  sum(v.value)::HUGEINT AS value,
  any_value(s.pay) AS account_pay
FROM item_value AS v
JOIN contribution AS c USING (batch, item_index)
JOIN contribution_batch AS b USING (batch)
JOIN score AS s ON s.epoch = v.epoch AND s.model = v.model AND s.token = v.token AND s.account = c.account
WHERE v.epoch = $epoch AND v.model = $model AND v.token = $token
GROUP BY b.dataset, c.account
ORDER BY c.account, b.dataset
