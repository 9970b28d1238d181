-- Shares are sold: offers, who takes them back, who accepts, and what came of it.
-- one row per offer; buyer: 20 zero bytes for anyone; terms: EIP-712 digest that the seller signed, 0x-hex
CREATE TABLE offer (
  offer VARCHAR NOT NULL,
  seller VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  asset VARCHAR NOT NULL,
  parts INTEGER NOT NULL,
  token VARCHAR NOT NULL,
  price HUGEINT NOT NULL,
  buyer VARCHAR NOT NULL,
  expires_ms BIGINT NOT NULL,
  terms VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per offer that was taken back
CREATE TABLE offer_withdrawn (offer VARCHAR NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
-- one row per accepted acceptance; source, id: of its record
CREATE TABLE offer_acceptance (
  offer VARCHAR NOT NULL,
  buyer VARCHAR NOT NULL,
  source VARCHAR NOT NULL,
  id VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per acceptance, set when its epoch is attributed; status: settled, or why not: taken or unfunded
CREATE TABLE sale (offer VARCHAR NOT NULL, status VARCHAR NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
