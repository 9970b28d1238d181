-- one row per record of an epoch after $uses inferences: of twenty records nine are inferences, eight their features, one the
-- features of an old inference that has none, and two an old inference once more
CREATE OR REPLACE TEMP TABLE plan AS
SELECT
  $first_rid::BIGINT + k AS rid,
  k % 20 BETWEEN 9 AND 17 AS is_features,
  CASE
    WHEN k % 20 < 9 THEN $uses::BIGINT + 9 * (k // 20) + k % 20
    WHEN k % 20 < 17 THEN $uses::BIGINT + 9 * (k // 20) + k % 20 - 9
    WHEN $uses::BIGINT = 0 THEN 9 * (k // 20) + CASE k % 20 WHEN 17 THEN 8 ELSE k % 20 - 18 END
    WHEN k % 20 = 17 THEN 2 * (hash(k + $first_rid::BIGINT) % ($uses::BIGINT // 2)) + 1
    ELSE hash(k + $first_rid::BIGINT) % $uses::BIGINT
  END::BIGINT AS number
FROM range($records::BIGINT) AS t (k)
