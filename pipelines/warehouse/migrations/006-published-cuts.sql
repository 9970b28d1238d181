-- one row per partition of tally.epochs: below next_offset no cut is published that this warehouse still needs
CREATE TABLE epochs_position (partition_id INTEGER NOT NULL, next_offset BIGINT NOT NULL);
