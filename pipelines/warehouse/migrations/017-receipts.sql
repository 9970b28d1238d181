-- number of lines under lines_root
ALTER TABLE account_total ADD COLUMN line_count INTEGER;
UPDATE account_total AS t SET line_count = (
  SELECT count(*) FROM settlement_line AS l WHERE l.epoch = t.epoch AND l.account = t.account AND l.token = t.token);
-- one row per (epoch, table of the manifest): 32 bytes for each 256 rows, the roots of the table's tree above them
CREATE TABLE row_blocks (epoch INTEGER NOT NULL, table_name VARCHAR NOT NULL, roots BLOB NOT NULL);
-- one row per key of the log that the operator endorsed (docs/formats.md#log); document is its JSON
CREATE TABLE log_key (sequence INTEGER NOT NULL, verifier_key VARCHAR NOT NULL, document VARCHAR NOT NULL);
