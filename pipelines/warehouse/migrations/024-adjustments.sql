-- Past epochs can be settled again; what was paid too much or too little is set right from then on.

-- one row per accepted adjustment; method empty: that of the policies that were in force
CREATE TABLE adjustment (
  adjustment VARCHAR NOT NULL,
  from_epoch INTEGER NOT NULL,
  to_epoch INTEGER NOT NULL,
  method VARCHAR NOT NULL,
  note VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per rerun; adjustment: which one it is of, null for one that somebody only looks at; done_to: last epoch that is settled
-- again, corrections_to: corrections accepted up to this epoch are counted
CREATE TABLE rerun (
  rerun VARCHAR NOT NULL,
  adjustment VARCHAR,
  from_epoch INTEGER NOT NULL,
  to_epoch INTEGER NOT NULL,
  method VARCHAR NOT NULL,
  corrections_to INTEGER NOT NULL,
  done_to INTEGER NOT NULL
);
-- one row per (rerun, for_epoch, account, token, kind, asset): the lines that an epoch would have had
CREATE TABLE rerun_line (
  rerun VARCHAR NOT NULL,
  for_epoch INTEGER NOT NULL,
  account VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  asset VARCHAR NOT NULL,
  amount HUGEINT NOT NULL
);
-- one row per (adjustment, for_epoch, account, token, kind, asset) that is not 0: what its rerun has above the lines that stood;
-- epoch: in which the adjustment was accepted
CREATE TABLE adjustment_delta (
  adjustment VARCHAR NOT NULL,
  for_epoch INTEGER NOT NULL,
  account VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  asset VARCHAR NOT NULL,
  delta HUGEINT NOT NULL,
  epoch INTEGER NOT NULL
);
-- one row per (epoch, reserve_epoch, model, token): what adjustments took in an epoch of what an earlier one, or itself, held back
CREATE TABLE reserve_taken (
  epoch INTEGER NOT NULL,
  reserve_epoch INTEGER NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  amount HUGEINT NOT NULL
);
-- taken of what was earned, for what the account owes
ALTER TABLE account_total ADD COLUMN netted HUGEINT DEFAULT 0;
