-- one row per accepted registration of a schema that values may be written with; the same may be registered again
CREATE TABLE registered_schema (
  schema_id INTEGER NOT NULL,
  event_type VARCHAR NOT NULL,
  schema_text VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
