-- A feature map names a measure of nearness, and features name the contributions that are near under it (docs/similarity.md).
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds feature maps without a measure of similarity. Ingest the log into a new data folder: everything is computed again from it.'
) END FROM feature_map;
ALTER TABLE feature_map ADD COLUMN similarity VARCHAR;
-- one row per near pair that the features of (batch, item_index) under the map declare
CREATE TABLE contribution_near (
  feature_map VARCHAR NOT NULL,
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  near_batch BLOB NOT NULL,
  near_index INTEGER NOT NULL,
  similarity INTEGER NOT NULL,
  epoch INTEGER NOT NULL
);
-- one row per item that its contributor took back, or one for all items of a batch: item_index is null
CREATE TABLE contribution_withdrawn (batch BLOB NOT NULL, item_index INTEGER, epoch INTEGER NOT NULL);
-- what the batch reveals; null: nothing
ALTER TABLE contribution_batch ADD COLUMN commitment BLOB;
-- one row per accepted commitment
CREATE TABLE contribution_commitment (account VARCHAR NOT NULL, commitment BLOB NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
