-- What was recorded wrongly, what came late, and models that are used no more.
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
