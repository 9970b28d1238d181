-- one row per feature map: K (docs/attribution.md step 1) over the items of `curvature_item`, int64 little-endian, row by row.
-- Both can be made again from the features: without them `attribute` only takes longer.
CREATE TABLE curvature (feature_map VARCHAR NOT NULL, k BLOB NOT NULL);
CREATE TABLE curvature_item (feature_map VARCHAR NOT NULL, batch BLOB NOT NULL, item_index INTEGER NOT NULL);
