-- one row per item that the stored curvature has and that is not kept any more: features of an earlier copy came later
SELECT f.packed
FROM contribution_features AS f
JOIN curvature_item AS c USING (feature_map, batch, item_index)
ANTI JOIN (SELECT * FROM item WHERE kept) AS i USING (batch, item_index)
WHERE feature_map = $featureMap
