-- one row per model: $account has contributions with features of it, so that it may be paid for them
SELECT m.model
FROM feature_map AS m
SEMI JOIN (
  SELECT f.feature_map
  FROM contribution_features AS f
  SEMI JOIN (SELECT batch, item_index FROM contribution WHERE account = $account) AS c
    ON c.batch = f.batch AND c.item_index = f.item_index
) AS own ON own.feature_map = m.feature_map
UNION
SELECT model FROM score WHERE account = $account
ORDER BY model
