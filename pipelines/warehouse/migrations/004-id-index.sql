-- one row per run file of the id index beside the warehouse: only a file with a row exists (pipelines/warehouse/id-index)
CREATE TABLE id_run (run BIGINT NOT NULL, entries BIGINT NOT NULL, digest BLOB NOT NULL);
-- one row: the last epoch whose facts the runs hold; none: they were never made
CREATE TABLE id_index (epoch INTEGER NOT NULL);
-- one row per closed epoch: all records with a smaller rid belong to it or to an earlier one
CREATE TABLE uncut (epoch INTEGER NOT NULL, first_rid BIGINT NOT NULL);
