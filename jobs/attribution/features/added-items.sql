-- one row per kept item that the stored curvature does not have
SELECT i.packed
FROM item AS i
ANTI JOIN (SELECT * FROM curvature_item WHERE feature_map = $featureMap) AS c USING (batch, item_index)
WHERE i.kept
