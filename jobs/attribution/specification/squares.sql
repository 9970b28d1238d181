-- one row per event: q, the sum over the rows of the root of ((|u| >> shift) + 1)^2
WITH error AS (
  SELECT event, b::DOUBLE[] AS b, unnest(range($classes)) AS class, unnest(errors) AS err FROM event
),
score AS (
  SELECT e.event, r.root, sum(e.err * list_inner_product(e.b, r.vector::DOUBLE[])::BIGINT)::BIGINT AS u
  FROM error AS e
  JOIN root_vector AS r USING (class)
  GROUP BY e.event, r.root
)
SELECT event, sum(((abs(u) >> $shift) + 1)::HUGEINT * ((abs(u) >> $shift) + 1))::HUGEINT AS q
FROM score
GROUP BY event
ORDER BY event
