-- one row per contribution with features under $featureMap at the cut of $epoch: `item` numbers it in accept order, `place` in
-- the order of priority; `content` is the first place of the same content (equal fingerprints)
CREATE OR REPLACE TEMP TABLE placed AS
WITH ordered AS (
  SELECT
    f.batch, f.item_index, f.fingerprint, c.account,
    row_number() OVER (ORDER BY b.epoch, b.ordinal, f.item_index) - 1 AS item,
    row_number() OVER (ORDER BY b.epoch, b.ordinal, f.item_index) - 1 AS place
  FROM contribution_features AS f
  JOIN contribution_batch AS b USING (batch)
  JOIN contribution AS c USING (batch, item_index)
  WHERE f.feature_map = $featureMap AND f.epoch <= $epoch
)
SELECT * EXCLUDE (fingerprint), min(place) OVER (PARTITION BY fingerprint) AS content FROM ordered
