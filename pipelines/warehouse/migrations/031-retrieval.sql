-- Uses name what was retrieved for them, and policies the channels by which data parts are divided.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds uses or policies from before data parts had channels. Found a new ledger in a new data folder, with a policy that has dataChannels.'
) END FROM (SELECT policy FROM policy UNION ALL SELECT source FROM inference);

ALTER TABLE policy DROP COLUMN fallback;
ALTER TABLE policy ADD COLUMN retrieval_parts INTEGER;
ALTER TABLE policy ADD COLUMN retrieval_rule VARCHAR;
-- how many contributions were retrieved for it
ALTER TABLE inference ADD COLUMN retrieved INTEGER;

-- one row per (policy, model) for which a policy names channels; model empty: every model that is not named
CREATE TABLE model_channels (policy VARCHAR NOT NULL, model VARCHAR NOT NULL, channels VARCHAR[] NOT NULL);
-- one row per contribution that was retrieved for an accepted inference; place from 0, the best first; batch = its id_hash, whether
-- there is such a batch or not
CREATE TABLE retrieved_item (
  inference BLOB NOT NULL,
  place INTEGER NOT NULL,
  batch BLOB NOT NULL,
  item_index INTEGER NOT NULL,
  score INTEGER NOT NULL,
  epoch INTEGER NOT NULL
);
-- one row per (accepted inference, licensed dataset) that it retrieved from and no licence covers at its place; the inference stands in
-- use_outside as well
CREATE TABLE use_outside_dataset (inference BLOB NOT NULL, dataset VARCHAR NOT NULL, epoch INTEGER NOT NULL);

-- one row per (epoch, model) for which the policy in force names channels, and one of model empty for every other; set when the epoch is
-- attributed. What it says of the uses that are funded in the epoch counts until a channel took each.
CREATE TABLE data_chain (
  epoch INTEGER NOT NULL,
  model VARCHAR NOT NULL,
  channels VARCHAR[] NOT NULL,
  data_parts INTEGER NOT NULL,
  retrieval_parts INTEGER NOT NULL,
  retrieval_rule VARCHAR NOT NULL
);
-- one row per funded use that a channel took, in the epoch in which it did; funded_epoch: in which its fee was funded; came_epoch:
-- in which what the channel needs was accepted, null for retrieval
CREATE TABLE channel_use (
  inference BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  channel VARCHAR NOT NULL,
  funded_epoch INTEGER NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  retrieved BOOLEAN NOT NULL,
  fee HUGEINT NOT NULL,
  came_epoch INTEGER
);
-- one row per (epoch, channel, use, account): of the 1,000,000 parts of what a use brings, those of an account; what is left is nobody's
CREATE TABLE channel_weight (
  epoch INTEGER NOT NULL,
  channel VARCHAR NOT NULL,
  inference BLOB NOT NULL,
  account VARCHAR NOT NULL,
  weight INTEGER NOT NULL
);
-- one row per (epoch, channel, model, token): what the channel divided, and what of it is nobody's
CREATE TABLE channel_pool (
  epoch INTEGER NOT NULL,
  channel VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  own HUGEINT NOT NULL,
  unattributed HUGEINT NOT NULL
);
