-- one row per contribution of `placed`; `kept` marks the items: the first of each content that is no member of a star;
-- `withdrawn` those that their contributor took back by the cut of $epoch
CREATE OR REPLACE TEMP TABLE item AS
WITH gone AS (SELECT batch, item_index FROM contribution_withdrawn WHERE epoch <= $epoch)
SELECT
  p.batch, p.item_index, p.account, p.place, f.packed,
  p.place = p.content AND m.content IS NULL AS kept,
  p.batch IN (SELECT batch FROM gone WHERE item_index IS NULL)
    OR EXISTS (SELECT 1 FROM gone AS g WHERE g.batch = p.batch AND g.item_index = p.item_index) AS withdrawn
FROM placed AS p
JOIN (SELECT batch, item_index, packed FROM contribution_features WHERE feature_map = $featureMap) AS f
  USING (batch, item_index)
LEFT JOIN star_member AS m USING (content)
