-- one row per feature map whose stored curvature has an item of `to_erase`
SELECT m.feature_map, m.feature_rank, m.classes, m.checkpoints
FROM feature_map AS m
SEMI JOIN (SELECT c.feature_map FROM curvature_item AS c SEMI JOIN to_erase USING (batch, item_index)) AS e USING (feature_map)
ORDER BY m.feature_map
