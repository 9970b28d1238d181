-- Transactions are kept in columns, with every version that was signed; and what was taken as final is remembered.

-- one row per on-chain intent (anchor/chain/send.ts); state: intended, signed, confirmed, reverted, overtaken
CREATE TABLE chain_sending (
  intent VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  chain_id BIGINT NOT NULL,
  sender VARCHAR NOT NULL,
  recipient VARCHAR,
  data VARCHAR NOT NULL,
  nonce BIGINT,
  landed_hash VARCHAR,
  block_number UBIGINT,
  block_hash VARCHAR
);
-- one row per (intent, version): bytes that were signed, oldest first from 1; stored before they are broadcast
CREATE TABLE chain_version (intent VARCHAR NOT NULL, version INTEGER NOT NULL, hash VARCHAR NOT NULL, raw VARCHAR NOT NULL);
INSERT INTO chain_sending
SELECT
  intent,
  json_extract_string(document, '$.state'),
  json_extract_string(document, '$.chainId')::BIGINT,
  json_extract_string(document, '$.from'),
  json_extract_string(document, '$.to'),
  json_extract_string(document, '$.data'),
  json_extract_string(document, '$.nonce')::BIGINT,
  CASE WHEN json_extract_string(document, '$.blockHash') IS NOT NULL THEN json_extract_string(document, '$.hash') END,
  json_extract_string(document, '$.blockNumber')::UBIGINT,
  json_extract_string(document, '$.blockHash')
FROM chain_transaction;
INSERT INTO chain_version
SELECT intent, 1, json_extract_string(document, '$.hash'), json_extract_string(document, '$.raw')
FROM chain_transaction
WHERE json_extract_string(document, '$.raw') IS NOT NULL;
DROP TABLE chain_transaction;
ALTER TABLE chain_sending RENAME TO chain_transaction;

-- one row per chain: the newest block that was taken as final
CREATE TABLE chain_final_block (chain_id BIGINT NOT NULL, block_number UBIGINT NOT NULL, block_hash VARCHAR NOT NULL);
-- one row per (chain, distributor): the newest epoch record that was taken as final
CREATE TABLE chain_final_epoch (
  chain_id BIGINT NOT NULL,
  distributor VARCHAR NOT NULL,
  epoch UBIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  state VARCHAR NOT NULL,
  record_hash VARCHAR NOT NULL
);
-- one row per chain on which nothing is signed or believed until `tally anchor resume`
CREATE TABLE chain_halt (chain_id BIGINT NOT NULL, what VARCHAR NOT NULL, remembered VARCHAR NOT NULL, found VARCHAR NOT NULL);
