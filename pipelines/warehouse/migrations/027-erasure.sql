-- one row per item whose erasure was ordered, or one for all items of a batch: item_index is null
CREATE TABLE contribution_erased (batch BLOB NOT NULL, item_index INTEGER, epoch INTEGER NOT NULL);
-- one row per record whose value was erased: it told features of that item; its content hash stays in `record`. feature_map:
-- of an accepted one, else null; order_epoch: of the first order; erased_ms is shown, never used
CREATE TABLE record_erased (
  rid BIGINT NOT NULL,
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  feature_map VARCHAR,
  order_epoch INTEGER NOT NULL,
  erased_ms BIGINT NOT NULL
);
-- a row while the file still has bytes of deleted rows in blocks that are free (pipelines/warehouse/rewrite-file.ts)
CREATE TABLE rewrite_due (since_ms BIGINT NOT NULL);
