-- one row per event: its ten strongest items, the sum of the sizes of its scores, and the sums of the accounts
CREATE OR REPLACE TABLE summary AS
WITH score AS (
  SELECT event.id AS event, item.id AS item, item.account, array_inner_product(event.v, item.v) AS score
  FROM event CROSS JOIN item
),
by_account AS (
  SELECT
    event,
    account,
    sum(score) AS score,
    sum(abs(score)) AS absolute,
    max_by({ item, score }, score, 10) AS top
  FROM score
  GROUP BY event, account
)
SELECT
  event,
  list_slice(list_reverse_sort(list_transform(flatten(list(top)), lambda each: { score: each.score, item: each.item })), 1, 10) AS top,
  sum(absolute) AS absolute,
  list({ account, score }) AS accounts
FROM by_account
GROUP BY event
