-- A policy says how long the uses of its epochs wait for features, and where their data part goes when none came.
SELECT CASE WHEN count(*) > 0 THEN error(
  'This warehouse holds policies that do not say how long a use waits for its features. Found a new ledger in a new data folder, with a policy that has featureWaitEpochs and fallback.'
) END FROM policy;
ALTER TABLE policy ADD COLUMN feature_wait_epochs INTEGER;
ALTER TABLE policy ADD COLUMN fallback VARCHAR;
-- of the policy in force when the fee was taken: the last epoch in which features of the use still count, and the part of the
-- fee that is for data, in millionths
ALTER TABLE funded ADD COLUMN features_until INTEGER;
ALTER TABLE funded ADD COLUMN data_parts INTEGER;
