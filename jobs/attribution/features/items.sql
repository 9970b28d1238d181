-- one row per contribution of `placed`; `kept` marks the items: the first of each content that is no member of a star
CREATE OR REPLACE TEMP TABLE item AS
SELECT
  p.batch, p.item_index, p.account, p.item, f.packed,
  p.place = p.content AND m.content IS NULL AS kept
FROM placed AS p
JOIN (SELECT batch, item_index, packed FROM contribution_features WHERE feature_map = $featureMap) AS f
  USING (batch, item_index)
LEFT JOIN star_member AS m USING (content)
