-- one row per (event, account): T, the influence of the account's kept items on the event at exponent k_max; positive helps.
-- list_inner_product is exact here: every partial sum is an integer below 2^53 (63 * 32767 * rank).
CREATE OR REPLACE TEMP TABLE event_score AS
WITH event_class AS (
  SELECT event, b::DOUBLE[] AS b, unnest(range($classes)) AS class, unnest(p)::BIGINT AS p, label FROM event
),
error AS (
  SELECT event, b, class, p - CASE WHEN class = label THEN 1000 ELSE 0 END AS err FROM event_class
),
score AS (
  SELECT e.event, v.account, v.shift, sum(e.err * list_inner_product(e.b, v.s_hat)::BIGINT)::HUGEINT AS t
  FROM error AS e
  JOIN account_vector AS v USING (class)
  GROUP BY e.event, v.account, v.shift
)
SELECT event, account, t * shift AS t FROM score
