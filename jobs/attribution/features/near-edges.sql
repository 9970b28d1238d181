-- one row per pair of contents that features under $featureMap at the cut of $epoch declare near, whichever of the two did
CREATE OR REPLACE TEMP TABLE near_edge AS
SELECT DISTINCT least(a.content, b.content) AS earlier, greatest(a.content, b.content) AS later
FROM contribution_near AS n
JOIN placed AS a ON n.batch = a.batch AND n.item_index = a.item_index
JOIN placed AS b ON n.near_batch = b.batch AND n.near_index = b.item_index
WHERE n.feature_map = $featureMap AND n.epoch <= $epoch AND a.content <> b.content
