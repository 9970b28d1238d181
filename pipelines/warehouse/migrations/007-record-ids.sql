-- one row: the rid of the next record. Whoever appends records moves it in the same transaction, so that two who append at
-- once do not both succeed.
CREATE TABLE record_id (next_rid BIGINT NOT NULL);
INSERT INTO record_id SELECT coalesce(max(rid), 0) + 1 FROM record;
