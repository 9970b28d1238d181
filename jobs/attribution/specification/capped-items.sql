-- one row per item: leverage nn = ua^2 * sum(a^2), its cap (65536 = 1) and the capped multiplier u
CREATE OR REPLACE TEMP TABLE capped_item AS
WITH leverage AS (
  SELECT *, ua::HUGEINT * ua * coalesce(list_sum(list_transform(a, lambda value: value * value)), 0)::HUGEINT AS nn FROM item
),
ranked AS (
  SELECT nn, row_number() OVER (ORDER BY nn) AS place, count(*) OVER () AS items FROM leverage WHERE nn > 0
),
median AS (
  SELECT coalesce(max(nn), 0) AS median FROM ranked WHERE place = (items - 1) // 2 + 1
),
quotient AS (
  SELECT leverage.*, CASE WHEN nn = 0 THEN NULL ELSE 25 * median * 4294967296 // (16 * nn) END AS q
  FROM leverage, median
),
capped AS (
  -- q < 2^32 here, so that the float64 square root is exact enough for its floor to be the integer square root
  SELECT *, CASE WHEN nn = 0 OR q >= 4294967296 THEN 65536 ELSE floor(sqrt(q::DOUBLE))::BIGINT END AS cap
  FROM quotient
)
SELECT * EXCLUDE (q), (ua::BIGINT * cap) >> 12 AS u FROM capped
