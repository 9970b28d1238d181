-- Policies say what is held back of pay, and what is too small to be paid out; what was settled before knows neither.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds policies that do not say what is held back and what is too small to be paid. Found a new ledger in a new data folder, with a policy that has holdBackParts, holdBackEpochs and minimumPayouts.'
) END FROM policy;
-- one row per policy: millionths of what a period pays, and for how many epochs
CREATE TABLE payout_rule (policy VARCHAR NOT NULL, hold_back_parts INTEGER NOT NULL, hold_back_epochs INTEGER NOT NULL);
-- one row per (policy, token) below which an account's payout is carried
CREATE TABLE minimum_payout (policy VARCHAR NOT NULL, token VARCHAR NOT NULL, amount HUGEINT NOT NULL);
-- of the account's part of the period, beside pay
ALTER TABLE score ADD COLUMN held_back HUGEINT;
-- earned and not paid because it is less than the minimum: as the epoch found it, and as it left it
ALTER TABLE account_total ADD COLUMN small_before HUGEINT;
ALTER TABLE account_total ADD COLUMN small HUGEINT;
