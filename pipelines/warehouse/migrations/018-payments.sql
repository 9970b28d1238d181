-- Uses cite vouchers, price lists and quotes; what was not taken of a payer has a status.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds uses that do not say by which voucher they are paid. Found a new ledger in a new data folder: its uses cite vouchers.'
) END FROM inference;
-- voucher: the sequence that is cited, 0 for none; price_list: empty for none; quote_id: null for none
ALTER TABLE inference ADD COLUMN commercial BOOLEAN;
ALTER TABLE inference ADD COLUMN voucher BIGINT;
ALTER TABLE inference ADD COLUMN price_list VARCHAR;
ALTER TABLE inference ADD COLUMN quote_id BLOB;
-- one row per unit of an inference that says what was used
CREATE TABLE inference_unit (inference BLOB NOT NULL, unit VARCHAR NOT NULL, quantity BIGINT NOT NULL, epoch INTEGER NOT NULL);
-- one row per accepted voucher
CREATE TABLE voucher (
  payer VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  sequence BIGINT NOT NULL,
  cumulative HUGEINT NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per inference whose fee was not taken, set when its epoch is attributed; status: reported or unfunded
CREATE TABLE not_funded (inference BLOB NOT NULL, epoch INTEGER NOT NULL, status VARCHAR NOT NULL);
-- one row per price list
CREATE TABLE price_list (
  price_list VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  token VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per rule of a price list, rule_index its place in it; until_ms 0: for ever
CREATE TABLE price_rule (
  price_list VARCHAR NOT NULL,
  rule_index INTEGER NOT NULL,
  unit VARCHAR NOT NULL,
  for_use VARCHAR NOT NULL,
  from_quantity BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  price_per_million HUGEINT NOT NULL
);
-- one row per (payer, price list, unit) whose price depends on it: what the payer used so far, up to the last closed epoch
CREATE TABLE used_quantity (payer VARCHAR NOT NULL, price_list VARCHAR NOT NULL, unit VARCHAR NOT NULL, quantity HUGEINT NOT NULL);
