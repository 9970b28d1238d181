-- one row per record of the segment being sealed
CREATE TEMP TABLE segment (
  topic VARCHAR NOT NULL,
  partition INTEGER NOT NULL,
  "offset" BIGINT NOT NULL,
  append_ms BIGINT NOT NULL,
  key BLOB,
  headers BLOB NOT NULL,
  value BLOB,
  content_hash BLOB NOT NULL
)
