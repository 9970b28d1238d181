-- one row per contribution with features under $featureMap at the cut of $epoch, numbered in accept order; `kept` marks the
-- earliest of each cluster of equal fingerprints
CREATE OR REPLACE TEMP TABLE item AS
WITH placed AS (
  SELECT
    f.batch, f.item_index, f.packed, c.account,
    row_number() OVER (ORDER BY b.epoch, b.ordinal, f.item_index) - 1 AS item,
    row_number() OVER (PARTITION BY f.fingerprint ORDER BY b.epoch, b.ordinal, f.item_index) AS place_in_cluster
  FROM contribution_features AS f
  JOIN contribution_batch AS b USING (batch)
  JOIN contribution AS c USING (batch, item_index)
  WHERE f.feature_map = $featureMap AND f.epoch <= $epoch
)
SELECT * EXCLUDE (place_in_cluster), place_in_cluster = 1 AS kept FROM placed
