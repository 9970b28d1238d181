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
    max(struct_pack(score := score, item := item), 10) AS strongest
  FROM score
  GROUP BY event, account
)
SELECT
  event,
  list_slice(list_reverse_sort(flatten(list(strongest))), 1, 10) AS strongest,
  sum(absolute) AS absolute,
  list(struct_pack(account := account, score := score)) AS accounts
FROM by_account
GROUP BY event
