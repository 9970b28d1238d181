-- one row per cell = class * rank + dim: G, the demand of the period
WITH event_class AS (
  SELECT event, b, unnest(range($classes)) AS class, unnest(p)::BIGINT AS p, label FROM event
),
weight AS (
  SELECT class, b, m * (p - CASE WHEN class = label THEN 1000 ELSE 0 END) AS weight
  FROM event_class
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
