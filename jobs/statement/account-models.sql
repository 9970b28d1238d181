-- one row per model: $account has contributions with features of it, so that it may be paid for them, or was paid for what was retrieved
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
UNION
SELECT asset FROM settlement_line WHERE account = $account AND kind IN ('retrieval', 'text')
ORDER BY model
