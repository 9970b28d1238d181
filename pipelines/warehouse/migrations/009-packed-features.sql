-- Features are kept as one packed value a row (jobs/attribution/features/packed-row.ts), and scores have no vectors any more.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds features as attribution version 1 kept them. Ingest the log into a new data folder: everything is computed again from it.'
) END FROM (SELECT 1 FROM contribution_features UNION ALL SELECT 1 FROM inference_features);
ALTER TABLE contribution_features DROP COLUMN a;
ALTER TABLE contribution_features DROP COLUMN ua;
ALTER TABLE contribution_features DROP COLUMN p;
ALTER TABLE contribution_features DROP COLUMN checkpoints;
ALTER TABLE contribution_features DROP COLUMN label;
ALTER TABLE contribution_features ADD COLUMN packed BLOB;
ALTER TABLE inference_features DROP COLUMN b;
ALTER TABLE inference_features DROP COLUMN ub;
ALTER TABLE inference_features DROP COLUMN p;
ALTER TABLE inference_features DROP COLUMN checkpoints;
ALTER TABLE inference_features DROP COLUMN label;
ALTER TABLE inference_features ADD COLUMN packed BLOB;
ALTER TABLE score DROP COLUMN k;
ALTER TABLE score DROP COLUMN s_hat;
