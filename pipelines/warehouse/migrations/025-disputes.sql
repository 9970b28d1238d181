-- Policies say which lines can be disputed, and for what bond; policies of before do not.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds policies that say nothing of disputes. Found a new ledger in a new data folder, with a policy that has disputeWindowEpochs, disputeWaitEpochs and disputeBonds.'
) END FROM policy;
-- one row per policy: for how many epochs a line can be disputed, and a dispute decided
CREATE TABLE dispute_rule (policy VARCHAR NOT NULL, window_epochs INTEGER NOT NULL, wait_epochs INTEGER NOT NULL);
-- one row per (policy, token) of which others' lines can be disputed
CREATE TABLE dispute_bond (policy VARCHAR NOT NULL, token VARCHAR NOT NULL, amount HUGEINT NOT NULL);
-- one row per accepted dispute; line_epoch, account, token, kind, asset: the line; evidence: 32 zero bytes for none
CREATE TABLE dispute (
  dispute VARCHAR NOT NULL,
  opener VARCHAR NOT NULL,
  line_epoch INTEGER NOT NULL,
  account VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  asset VARCHAR NOT NULL,
  claim VARCHAR NOT NULL,
  evidence BLOB NOT NULL,
  bond HUGEINT NOT NULL,
  source VARCHAR NOT NULL,
  id VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per contribution that a dispute is about, item its place among them
CREATE TABLE dispute_item (
  dispute VARCHAR NOT NULL,
  item INTEGER NOT NULL,
  batch_source VARCHAR NOT NULL,
  batch_id VARCHAR NOT NULL,
  item_index INTEGER NOT NULL,
  epoch INTEGER NOT NULL
);
-- one row per accepted decision; award_parts: millionths of what is held
CREATE TABLE dispute_resolution (
  dispute VARCHAR NOT NULL,
  upheld BOOLEAN NOT NULL,
  award_parts INTEGER NOT NULL,
  reason VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per accepted dispute, set when its epoch is attributed; status: open, unfunded or void; wanted: of the line
CREATE TABLE dispute_status (
  dispute VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  wanted HUGEINT NOT NULL,
  until_epoch INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per (epoch, dispute) that was opened, is open or ended in the epoch, place among them, set when it is settled;
-- status: as above, or how it ended: upheld, rejected or lapsed; held: at the end of the epoch, or when it ended; award: of it
CREATE TABLE dispute_standing (
  epoch INTEGER NOT NULL,
  place INTEGER NOT NULL,
  dispute VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  wanted HUGEINT NOT NULL,
  held HUGEINT NOT NULL,
  award HUGEINT NOT NULL
);
-- taken of what the account has for disputes of its lines
ALTER TABLE account_total ADD COLUMN disputed HUGEINT DEFAULT 0;
