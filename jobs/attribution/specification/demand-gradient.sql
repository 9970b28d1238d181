-- one row per cell = class * rank + dim: G, the demand of the period
WITH weight AS (
  SELECT b, unnest(range($classes)) AS class, m * unnest(errors) AS weight
  FROM event
  JOIN event_weight USING (event)
  WHERE m <> 0
),
gradient AS (
  SELECT class, weight, unnest(range($rank)) AS dim, unnest(b)::HUGEINT AS value FROM weight
)
SELECT class * $rank + dim AS cell, sum(weight * value)::HUGEINT AS g
FROM gradient
GROUP BY class, dim
ORDER BY cell
