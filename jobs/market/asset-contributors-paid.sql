-- one row per (epoch, model, token, shared): what a period paid to contributors of the dataset $asset; shared: null for all whose items are
-- all of this dataset, together, else the account, of which own / items is due to this dataset: by the values of its items that helped,
-- or by their number where none is known to have helped
WITH contributor AS (
  SELECT account, sum(items) FILTER (dataset = $asset) AS own, sum(items) AS items
  FROM contribution_batch
  GROUP BY account
  HAVING sum(items) FILTER (dataset = $asset) > 0
),
valued AS (
  SELECT v.epoch, v.model, v.token, b.account, sum(v.value) AS items, coalesce(sum(v.value) FILTER (b.dataset = $asset), 0) AS own
  FROM item_value AS v
  JOIN contribution_batch AS b USING (batch)
  SEMI JOIN contributor USING (account)
  WHERE v.value > 0
  GROUP BY v.epoch, v.model, v.token, b.account
),
due AS (
  SELECT s.epoch, s.model, s.token, s.account, s.pay, coalesce(v.own, c.own) AS own, coalesce(v.items, c.items) AS items
  FROM score AS s
  JOIN contributor AS c USING (account)
  LEFT JOIN valued AS v USING (epoch, model, token, account)
  WHERE s.pay > 0
)
SELECT
  epoch,
  model,
  token,
  CASE WHEN own < items THEN account END AS shared,
  sum(pay)::HUGEINT AS pay,
  count(*)::BIGINT AS accounts,
  any_value(own)::HUGEINT AS own,
  any_value(items)::HUGEINT AS items
FROM due
WHERE own > 0
GROUP BY ALL
ORDER BY epoch, model, token, shared
