-- one row per contribution with features under $featureMap at the cut of $epoch: `place` ascends in the order of priority,
-- what was ordered to be erased by then has none any more; `content` is the first place of the same content (equal fingerprints); needs the temporary table `batch_rank`
CREATE OR REPLACE TEMP TABLE placed AS
WITH gone AS (SELECT batch, item_index FROM contribution_erased WHERE epoch <= $epoch),
ordered AS MATERIALIZED (
  SELECT f.batch, f.item_index, f.fingerprint, b.account, b.first_place + f.item_index AS place
  FROM contribution_features AS f
  JOIN batch_rank AS b USING (batch)
  WHERE f.feature_map = $featureMap
    AND f.epoch <= $epoch
    AND f.batch NOT IN (SELECT batch FROM gone WHERE item_index IS NULL)
    AND NOT EXISTS (SELECT 1 FROM gone AS g WHERE g.batch = f.batch AND g.item_index = f.item_index)
),
content AS (SELECT fingerprint, min(place) AS content FROM ordered GROUP BY fingerprint)
SELECT o.batch, o.item_index, o.account, o.place, c.content
FROM ordered AS o
JOIN content AS c USING (fingerprint)
