-- one row per (grp, cell) with cell = class * rank + dim: the exact sum of the gradients of the group's items;
-- grp = 2 * account, and one more for what the account withdrew
WITH weight AS (
  SELECT 2 * account + withdrawn AS grp, a, unnest(range($classes)) AS class, u * unnest(errors) AS weight FROM capped_item
),
gradient AS (
  SELECT grp, class, weight, unnest(range($rank)) AS dim, unnest(a) AS value FROM weight
)
SELECT grp, class * $rank + dim AS cell, sum(weight * value)::HUGEINT AS psi
FROM gradient
GROUP BY grp, class, dim
ORDER BY grp, cell
