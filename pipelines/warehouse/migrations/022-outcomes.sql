-- Payers rate what agents did, and agents say what they did: policies of before say nothing of the first.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds policies from before agents could earn by outcome. Found a new ledger in a new data folder.'
) END FROM policy;

ALTER TABLE policy ADD COLUMN outcome_parts INTEGER;
ALTER TABLE policy ADD COLUMN outcome_wait_epochs INTEGER;

-- one row per accepted rating, at most one an inference; score: 0 to 1000
CREATE TABLE task_outcome (
  inference BLOB NOT NULL,
  source VARCHAR NOT NULL,
  id VARCHAR NOT NULL,
  rater VARCHAR NOT NULL,
  score INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);

-- one row per accepted step of an agent, one a (agent, run, step); step_hash: the digest that was signed, inference: null for none
CREATE TABLE agent_step (
  agent VARCHAR NOT NULL,
  account VARCHAR NOT NULL,
  run BLOB NOT NULL,
  step INTEGER NOT NULL,
  step_hash BLOB NOT NULL,
  previous BLOB NOT NULL,
  input_hash BLOB NOT NULL,
  output_hash BLOB NOT NULL,
  model VARCHAR NOT NULL,
  inference BLOB,
  token VARCHAR NOT NULL,
  cost HUGEINT NOT NULL,
  source VARCHAR NOT NULL,
  id VARCHAR NOT NULL,
  epoch INTEGER NOT NULL,
  ordinal BIGINT NOT NULL
);
