-- one row per kept item: v, which orders and divides what is shown of an account's items (influence, not payment)
WITH item_class AS (
  SELECT batch, item_index, a::DOUBLE[] AS a, ua, cap, unnest(range($classes)) AS class, unnest(p)::BIGINT AS p, label FROM kept_item
),
projected AS (
  SELECT
    batch, item_index, ua, cap,
    sum(
      (18 * (p - CASE WHEN class = label THEN 1000 ELSE 0 END) + 2 * (1000 // $classes - CASE WHEN class = label THEN 1000 ELSE 0 END))
      * list_inner_product(a, v.v)::BIGINT
    )::BIGINT AS value
  FROM item_class
  JOIN demand_vector AS v USING (class)
  GROUP BY batch, item_index, ua, cap
)
SELECT batch, item_index, (((value * ua) >> 16) * cap) >> 16 AS value FROM projected
