-- Assets may need a licence; fees of uses outside of one are held.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds assets or policies from before assets could be licensed. Found a new ledger in a new data folder.'
) END FROM (SELECT asset FROM asset UNION ALL SELECT policy FROM policy);

-- open or licensed
ALTER TABLE asset ADD COLUMN access VARCHAR;
ALTER TABLE policy ADD COLUMN outside_wait_epochs INTEGER;
-- place at which the fee counts, in the accept order of `epoch`: that of the use, or of the grant that released it
ALTER TABLE funded ADD COLUMN ordinal BIGINT;

-- one row per grant; licensee zero: anyone; times 0: none; price_list empty: none; covers_from_epoch 0: nothing in retrospect
CREATE TABLE licence (
  grant_id VARCHAR NOT NULL,
  asset VARCHAR NOT NULL,
  licensee VARCHAR NOT NULL,
  uses VARCHAR[] NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  price_list VARCHAR NOT NULL,
  royalty_parts INTEGER NOT NULL,
  covers_from_epoch INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- at most one row per grant
CREATE TABLE licence_revoked (grant_id VARCHAR NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
-- one row per accepted inference that no licence of its model, or of its agent, covers at its place
CREATE TABLE use_outside (inference BLOB NOT NULL, model_outside BOOLEAN NOT NULL, agent_outside BOOLEAN NOT NULL, epoch INTEGER NOT NULL);
-- one row per inference whose fee was taken and held, set when its epoch is attributed; until_epoch: the last one in which a
-- licence releases it
CREATE TABLE held_fee (inference BLOB NOT NULL, epoch INTEGER NOT NULL, until_epoch INTEGER NOT NULL);
-- one row per held fee that is held no more; became: released (then it is in `funded`, too) or refunded
CREATE TABLE held_fee_ended (inference BLOB NOT NULL, epoch INTEGER NOT NULL, became VARCHAR NOT NULL);
