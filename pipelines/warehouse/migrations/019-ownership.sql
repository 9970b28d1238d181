-- Shares change hands, assets have parents, agents work: what was registered before says nothing of these.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds assets or policies from before assets could be transferred and derived. Found a new ledger in a new data folder.'
) END FROM (SELECT asset FROM asset UNION ALL SELECT policy FROM policy);

DROP TABLE asset_owner;
-- one row per change of what an account owns of an asset, in millionths: it owns the sum up to a place in accept order. The
-- cap table of a registration stands at ordinal -1, since it counts for all of its epoch.
CREATE TABLE ownership_change (asset VARCHAR NOT NULL, account VARCHAR NOT NULL, delta INTEGER NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);

ALTER TABLE asset ADD COLUMN identity VARCHAR;
-- one row per (asset, parent); they never change
CREATE TABLE asset_parent (asset VARCHAR NOT NULL, parent VARCHAR NOT NULL, parts INTEGER NOT NULL, epoch INTEGER NOT NULL);

ALTER TABLE policy ADD COLUMN upstream_parts INTEGER;
ALTER TABLE policy ADD COLUMN agent_parts INTEGER;
-- an asset of kind agent, or empty
ALTER TABLE inference ADD COLUMN agent VARCHAR;

-- one row per recorded answer of a contract that it signed a digest (ERC-1271)
CREATE TABLE signature_check (account VARCHAR NOT NULL, digest VARCHAR NOT NULL, block_number BIGINT NOT NULL, block_hash BLOB NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
