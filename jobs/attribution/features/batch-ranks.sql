-- one row per batch: its contributions stand in the order of priority by `first_place` + index
CREATE OR REPLACE TEMP TABLE batch_rank AS
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
)
-- Batches are sorted, contributions are not: an index has its place in the range of its batch.
SELECT
  b.batch, b.account,
  $batchItemsMax * row_number() OVER (
    ORDER BY coalesce(r.epoch, b.epoch), coalesce(r.ordinal, b.ordinal), b.epoch, b.ordinal
  ) AS first_place
FROM contribution_batch AS b
LEFT JOIN revealed AS r USING (batch)
