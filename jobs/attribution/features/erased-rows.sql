-- one row per item of `to_erase` that the stored curvature of $featureMap has
SELECT f.packed
FROM contribution_features AS f
SEMI JOIN (SELECT * FROM curvature_item WHERE feature_map = $featureMap) AS c USING (feature_map, batch, item_index)
SEMI JOIN to_erase AS t USING (batch, item_index)
