-- one row per (event, grp): T, the influence of the group's items on the event; positive helps.
-- list_inner_product is exact here: every partial sum is an integer below 2^53 (63 * 32767 * rank).
CREATE OR REPLACE TEMP TABLE event_score AS
WITH error AS (
  SELECT event, b::DOUBLE[] AS b, unnest(range($classes)) AS class, unnest(errors) AS err FROM event
)
SELECT e.event, v.grp, (sum(e.err * list_inner_product(e.b, v.vector::DOUBLE[])::BIGINT)::HUGEINT) * (1::HUGEINT << v.shift) AS t
FROM error AS e
JOIN group_vector AS v USING (class)
GROUP BY e.event, v.grp, v.shift
