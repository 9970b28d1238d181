-- one row per (class, other_class >= class, dim, other_dim): an entry of K, symmetric.
WITH weight AS (
  SELECT
    item,
    list_transform(a, lambda value: (value::BIGINT * ua) >> 11) AS ah,
    list_transform(p, lambda value: (256 * value::BIGINT + 500) // 1000) AS p8
  FROM item
),
class_pair AS (
  SELECT
    item,
    classes.class,
    others.class AS other_class,
    CASE WHEN classes.class = others.class THEN list_sum(p8)::BIGINT * p8[classes.class + 1] ELSE 0 END
      - p8[classes.class + 1] * p8[others.class + 1] AS weight
  FROM weight, range($classes) AS classes(class), range($classes) AS others(class)
  WHERE classes.class <= others.class
),
value AS (
  SELECT item, unnest(range($rank)) AS dim, unnest(ah) AS ah FROM weight
)
SELECT
  class_pair.class,
  other_class,
  value.dim,
  others.dim AS other_dim,
  sum(weight * value.ah * others.ah)::HUGEINT AS k
FROM class_pair
JOIN value USING (item)
JOIN value AS others USING (item)
GROUP BY ALL
ORDER BY ALL
