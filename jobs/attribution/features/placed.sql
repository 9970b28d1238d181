-- one row per contribution with features under $featureMap at the cut of $epoch: `item` numbers it in accept order, `place` in
-- the order of priority; `content` is the first place of the same content (equal fingerprints)
CREATE OR REPLACE TEMP TABLE placed AS
WITH committed AS (
  SELECT account, commitment, epoch, min(ordinal) AS ordinal FROM contribution_commitment GROUP BY ALL
),
-- one row per (batch that reveals, epoch whose commitments are in time)
revealing AS (
  SELECT *, unnest(range(epoch - $commitEpochsMax, epoch + 1))::INTEGER AS committed_epoch
  FROM contribution_batch
  WHERE commitment IS NOT NULL
),
-- one row per batch that was revealed in time: the first commitment to it
revealed AS (
  SELECT b.batch, c.epoch, c.ordinal
  FROM revealing AS b
  JOIN committed AS c ON b.account = c.account AND b.commitment = c.commitment AND b.committed_epoch = c.epoch
  WHERE c.epoch < b.epoch OR c.ordinal < b.ordinal
  QUALIFY row_number() OVER (PARTITION BY b.batch ORDER BY c.epoch) = 1
),
ordered AS (
  SELECT
    f.batch, f.item_index, f.fingerprint, c.account,
    row_number() OVER (ORDER BY b.epoch, b.ordinal, f.item_index) - 1 AS item,
    row_number() OVER (
      ORDER BY coalesce(r.epoch, b.epoch), coalesce(r.ordinal, b.ordinal), b.epoch, b.ordinal, f.item_index
    ) - 1 AS place
  FROM contribution_features AS f
  JOIN contribution_batch AS b USING (batch)
  JOIN contribution AS c USING (batch, item_index)
  LEFT JOIN revealed AS r USING (batch)
  WHERE f.feature_map = $featureMap AND f.epoch <= $epoch
)
SELECT * EXCLUDE (fingerprint), min(place) OVER (PARTITION BY fingerprint) AS content FROM ordered
