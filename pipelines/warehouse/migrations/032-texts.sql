-- one row per text map
CREATE TABLE text_map (
  text_map VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  tokenizer VARCHAR NOT NULL,
  unicode VARCHAR NOT NULL,
  extractor VARCHAR NOT NULL,
  salt BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per (text map, contributed item); tokens: 8 bytes each, shingles: 128 numbers, big-endian
CREATE TABLE contribution_text (
  text_map VARCHAR NOT NULL,
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  tokens BLOB NOT NULL,
  shingles BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per inference whose text was published
CREATE TABLE inference_text (
  inference BLOB NOT NULL,
  text_map VARCHAR NOT NULL,
  tokens BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- of an accepted erased record that told the text of an item: under which map
ALTER TABLE record_erased ADD COLUMN text_map VARCHAR;
