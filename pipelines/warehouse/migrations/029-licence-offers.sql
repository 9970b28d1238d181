-- Licences are sold, too; what was offered before does not say what of.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds offers, or uses outside their licences, from before licences could be sold. Found a new ledger in a new data folder.'
) END FROM (SELECT offer AS name FROM offer UNION ALL SELECT hex(inference) FROM use_outside);

-- Unix milliseconds: a licence may begin with its purchase, or end between two uses of one epoch
ALTER TABLE offer_acceptance ADD COLUMN effective_ms BIGINT;
ALTER TABLE use_outside ADD COLUMN effective_ms BIGINT;

-- one row per offer of a licence; times 0: none; duration_ms: from the acceptance on; copies 0: any number
CREATE TABLE offer_licence (
  offer VARCHAR NOT NULL,
  uses VARCHAR[] NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  price_list VARCHAR NOT NULL,
  royalty_parts INTEGER NOT NULL,
  covers_from_epoch INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  epoch INTEGER NOT NULL
);

-- one row per licence that was bought, which counts like a grant from the place of its acceptance on
CREATE VIEW bought_licence AS
SELECT
  o.offer,
  o.asset,
  a.buyer AS licensee,
  l.uses,
  l.from_ms,
  CASE WHEN l.duration_ms > 0 THEN a.effective_ms + l.duration_ms ELSE l.until_ms END AS until_ms,
  l.price_list,
  l.royalty_parts,
  l.covers_from_epoch,
  a.epoch,
  a.ordinal
FROM sale AS s
JOIN offer_acceptance AS a ON a.epoch = s.epoch AND a.ordinal = s.ordinal
JOIN offer AS o ON o.offer = a.offer
JOIN offer_licence AS l ON l.offer = a.offer
WHERE s.status = 'settled';
