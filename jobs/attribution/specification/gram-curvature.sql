-- one row per (dim, other_dim): an entry of K of dense rows
WITH value AS (
  SELECT item, unnest(range($rank)) AS dim, unnest(list_transform(a, lambda value: (value * ua) >> 11)) AS ah FROM item
)
SELECT value.dim, others.dim AS other_dim, sum(value.ah * others.ah)::HUGEINT AS k
FROM value
JOIN value AS others USING (item)
GROUP BY ALL
ORDER BY ALL
