-- one row per record of history: two inferences and the features of the first, over and over
CREATE OR REPLACE TEMP TABLE plan AS
SELECT
  j + 1 AS rid,
  j % 3 = 2 AS is_features,
  2 * (j // 3) + CASE WHEN j % 3 = 1 THEN 1 ELSE 0 END AS number
FROM range($records::BIGINT) AS t (j)
