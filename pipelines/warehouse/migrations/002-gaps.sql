-- one row per accepted gap; its row in `record` stands at the first offset that was lost, with ingest_reason -1
CREATE TABLE accepted_gap (rid BIGINT NOT NULL, to_offset BIGINT NOT NULL);
