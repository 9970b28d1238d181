-- What was recorded wrongly, what came late, and models that are used no more.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds epochs that do not count what came late. Found a new ledger in a new data folder.'
) END FROM epoch;
-- one row per accepted correction of an inference; kind: void or fee; reason: words for people; source, id: of its record
CREATE TABLE correction (
  inference BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  fee HUGEINT NOT NULL,
  reason VARCHAR NOT NULL,
  source VARCHAR NOT NULL,
  id VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
-- one row per accepted inference whose producer's clock stood before the cut of the epoch before its own; time_ms: of that clock
CREATE TABLE late_use (inference BLOB NOT NULL, time_ms BIGINT NOT NULL, epoch INTEGER NOT NULL);
-- at most one row per model
CREATE TABLE model_retired (model VARCHAR NOT NULL, epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL);
-- what was taken: it stays so, whatever is corrected later
ALTER TABLE funded ADD COLUMN fee HUGEINT;
ALTER TABLE held_fee ADD COLUMN fee HUGEINT;
-- what stood when it was not taken; status: void, reported or unfunded
ALTER TABLE not_funded ADD COLUMN fee HUGEINT;
-- one row per held fee and epoch in which all or some of it went back to its payer; became of held_fee_ended: corrected, too, when
-- nothing is left of it
CREATE TABLE fee_returned (inference BLOB NOT NULL, amount HUGEINT NOT NULL, epoch INTEGER NOT NULL);
