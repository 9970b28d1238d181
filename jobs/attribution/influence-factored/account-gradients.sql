-- one row per (account, cell) with cell = class * rank + dim: the exact sum of the gradients of the account's kept items
WITH item_class AS (
  SELECT account, a, u, unnest(range($classes)) AS class, unnest(p)::BIGINT AS p, label FROM kept_item
),
weight AS (
  SELECT
    account, a, class,
    u * (
      18 * (p - CASE WHEN class = label THEN 1000 ELSE 0 END)
      + 2 * (1000 // $classes - CASE WHEN class = label THEN 1000 ELSE 0 END)
    ) AS weight
  FROM item_class
),
gradient AS (
  SELECT account, class, weight, unnest(range($rank)) AS dim, unnest(a)::BIGINT AS value FROM weight
)
SELECT account, class * $rank + dim AS cell, sum(weight * value)::HUGEINT AS psi
FROM gradient
GROUP BY account, class, dim
ORDER BY account, cell
