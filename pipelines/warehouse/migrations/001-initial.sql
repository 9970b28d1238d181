-- The warehouse of a ledger. Text of accounts and tokens is lower-case 0x-hex, so that its order is the order of the bytes.

CREATE TABLE meta (name VARCHAR NOT NULL, value VARCHAR NOT NULL);

-- one row per partition that was ever read; effective_ms is the running maximum of append times
CREATE TABLE read_position (
  topic VARCHAR NOT NULL,
  partition_id INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  effective_ms BIGINT NOT NULL
);

-- one row per record ever read, as it was; ingest_reason 0 = decoded
CREATE TABLE record (
  rid BIGINT NOT NULL,
  topic VARCHAR NOT NULL,
  partition_id INTEGER NOT NULL,
  record_offset BIGINT NOT NULL,
  incarnation INTEGER NOT NULL,
  append_ms BIGINT NOT NULL,
  effective_ms BIGINT NOT NULL,
  content_hash BLOB NOT NULL,
  record_key BLOB,
  headers BLOB NOT NULL,
  record_value BLOB,
  event_type VARCHAR,
  id_hash BLOB,
  body_hash BLOB,
  ingest_reason INTEGER NOT NULL,
  detail VARCHAR
);

-- one row per epoch, from the moment its cut is fixed
CREATE TABLE epoch (
  epoch INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  state VARCHAR NOT NULL,
  cut_time_ms BIGINT NOT NULL,
  cut_published BOOLEAN NOT NULL,
  previous_size BIGINT,
  tree_size BIGINT,
  ledger_root BLOB,
  frontier BLOB,
  policy VARCHAR,
  state_json VARCHAR,
  settlement_json VARCHAR,
  manifest_json VARCHAR
);

-- one row per partition of a cut: from_offset inclusive, to_offset exclusive
CREATE TABLE epoch_cut (
  epoch INTEGER NOT NULL,
  topic VARCHAR NOT NULL,
  partition_id INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  from_offset BIGINT NOT NULL,
  to_offset BIGINT NOT NULL
);

-- one row per record of a closed epoch
CREATE TABLE outcome (
  rid BIGINT NOT NULL,
  epoch INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  detail VARCHAR,
  leaf_index BIGINT NOT NULL,
  leaf_hash BLOB NOT NULL
);

-- What follows holds accepted facts only. `ordinal` is the place in accept order within the epoch.
CREATE TABLE accepted_id (id_hash BLOB NOT NULL, body_hash BLOB NOT NULL, epoch INTEGER NOT NULL);

CREATE TABLE source (source VARCHAR NOT NULL, key VARCHAR NOT NULL, event_types VARCHAR[] NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
CREATE TABLE asset (asset VARCHAR NOT NULL, kind VARCHAR NOT NULL, title VARCHAR NOT NULL, licence VARCHAR NOT NULL, registrant VARCHAR NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
CREATE TABLE asset_owner (asset VARCHAR NOT NULL, account VARCHAR NOT NULL, parts INTEGER NOT NULL, epoch INTEGER NOT NULL);
CREATE TABLE policy (
  policy VARCHAR NOT NULL,
  epoch_interval_s INTEGER NOT NULL,
  data_parts INTEGER NOT NULL,
  model_parts INTEGER NOT NULL,
  infrastructure_parts INTEGER NOT NULL,
  treasury_parts INTEGER NOT NULL,
  treasury VARCHAR NOT NULL,
  method VARCHAR NOT NULL,
  min_events INTEGER NOT NULL,
  max_period_epochs INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
CREATE TABLE feature_map (
  feature_map VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  feature_rank INTEGER NOT NULL,
  classes INTEGER NOT NULL,
  checkpoints INTEGER NOT NULL,
  unit_exponent INTEGER NOT NULL,
  extractor VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
CREATE TABLE deposit (
  transaction_hash BLOB NOT NULL,
  log_index INTEGER NOT NULL,
  payer VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  amount HUGEINT NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per accepted batch; batch = its id_hash
CREATE TABLE contribution_batch (
  batch BLOB NOT NULL,
  source VARCHAR NOT NULL,
  batch_id VARCHAR NOT NULL,
  account VARCHAR NOT NULL,
  dataset VARCHAR NOT NULL,
  items INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per contributed item; batch = id_hash of its batch
CREATE TABLE contribution (
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  account VARCHAR NOT NULL,
  content_hash BLOB NOT NULL,
  label_hash BLOB NOT NULL
);

-- one row per (feature map, contributed item)
CREATE TABLE contribution_features (
  feature_map VARCHAR NOT NULL,
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  a TINYINT[] NOT NULL,
  ua INTEGER NOT NULL,
  p SMALLINT[] NOT NULL,
  checkpoints SMALLINT[] NOT NULL,
  label INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per paid use; inference = its id_hash; funded is set once, when its epoch is attributed
CREATE TABLE inference (
  inference BLOB NOT NULL,
  source VARCHAR NOT NULL,
  event_id VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  infrastructure VARCHAR NOT NULL,
  payer VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  fee HUGEINT NOT NULL,
  input_hash BLOB NOT NULL,
  output_hash BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per inference that has features
CREATE TABLE inference_features (
  inference BLOB NOT NULL,
  feature_map VARCHAR NOT NULL,
  b TINYINT[] NOT NULL,
  ub INTEGER NOT NULL,
  p SMALLINT[] NOT NULL,
  checkpoints SMALLINT[] NOT NULL,
  label INTEGER NOT NULL,
  label_kind VARCHAR NOT NULL,
  p16 INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per funded inference
CREATE TABLE funded (inference BLOB NOT NULL, epoch INTEGER NOT NULL);

-- one row per (epoch, model, token) period as its manifest entry tells it, and what explains it
CREATE TABLE period (epoch INTEGER NOT NULL, model VARCHAR NOT NULL, token VARCHAR NOT NULL, entry_json VARCHAR NOT NULL, d_bar_fixed VARCHAR, v BLOB, x BLOB);
-- one row per (epoch, model, token, account)
CREATE TABLE score (
  epoch INTEGER NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  account VARCHAR NOT NULL,
  items INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  k INTEGER,
  s_hat BLOB,
  s HUGEINT NOT NULL,
  pay HUGEINT NOT NULL,
  share_low DOUBLE,
  share DOUBLE,
  share_high DOUBLE
);
-- one row per (epoch, model, token, kept item): influence, not payment
CREATE TABLE item_value (epoch INTEGER NOT NULL, model VARCHAR NOT NULL, token VARCHAR NOT NULL, batch BLOB NOT NULL, item_index INTEGER NOT NULL, value BIGINT NOT NULL);

-- one row per (epoch, account, token, kind, asset)
CREATE TABLE settlement_line (epoch INTEGER NOT NULL, account VARCHAR NOT NULL, token VARCHAR NOT NULL, kind VARCHAR NOT NULL, asset VARCHAR NOT NULL, amount HUGEINT NOT NULL);
-- one row per (epoch, account, token): every account ever paid
CREATE TABLE account_total (
  epoch INTEGER NOT NULL,
  account VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  amount_before HUGEINT NOT NULL,
  earned HUGEINT NOT NULL,
  cumulative HUGEINT NOT NULL,
  lines_root BLOB NOT NULL
);

-- one row per on-chain intent (anchor/chain/send.ts); document is the JSON of the stored transaction
CREATE TABLE chain_transaction (intent VARCHAR NOT NULL, document VARCHAR NOT NULL);
