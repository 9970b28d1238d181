-- one row per item: w, and v = (w * u) >> 21, which orders and divides what is shown of an account's items
CREATE OR REPLACE TEMP TABLE projection AS
WITH error AS (
  SELECT item, account, withdrawn, u, a::HUGEINT[] AS a, unnest(range($classes)) AS class, unnest(errors) AS err FROM capped_item
),
value AS (
  SELECT item, account, withdrawn, u, class, err, unnest(a) AS factor, unnest(v.v) AS v
  FROM error
  JOIN demand_vector AS v USING (class)
)
SELECT item, account, withdrawn, u, sum(err * factor * v)::HUGEINT AS w, (sum(err * factor * v)::HUGEINT * u) >> 21 AS value
FROM value
GROUP BY item, account, withdrawn, u
