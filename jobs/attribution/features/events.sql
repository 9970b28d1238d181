-- one row per event of the period, in accept order: a funded inference that its features took in one of the period's epochs;
-- own = at the place of its fee the payer owned a share of an asset that is paid for it
CREATE OR REPLACE TEMP TABLE event AS
WITH RECURSIVE taken AS (
  SELECT inference, funded_epoch, came_epoch
  FROM channel_use
  WHERE channel = 'features' AND epoch BETWEEN $firstEpoch AND $epoch AND model = $model AND token = $token
),
feature AS (
  SELECT inference, p16, packed
  FROM inference_features
  WHERE feature_map = $featureMap AND epoch BETWEEN $firstEpoch AND $epoch
  UNION ALL
  -- of fees that were held, and of uses that another channel could have taken before
  SELECT f.inference, f.p16, f.packed
  FROM inference_features AS f
  SEMI JOIN (SELECT inference FROM taken WHERE came_epoch < $firstEpoch) AS t USING (inference)
  WHERE f.feature_map = $featureMap AND f.epoch BETWEEN $firstEpoch - $useEpochsMax AND $firstEpoch - 1
),
use AS (
  SELECT
    i.inference,
    i.epoch AS used_epoch,
    i.ordinal AS used_ordinal,
    paid.epoch,
    paid.ordinal,
    paid.fee,
    i.payer,
    i.infrastructure,
    i.agent,
    paid.data_parts,
    f.p16,
    f.packed
  FROM feature AS f
  JOIN taken ON taken.inference = f.inference
  JOIN funded AS paid ON paid.inference = f.inference AND paid.epoch = taken.funded_epoch
  JOIN inference AS i ON i.inference = f.inference
  -- no use waits longer: what lies before is not read
  WHERE i.epoch BETWEEN $firstEpoch - $useEpochsMax AND $epoch AND paid.epoch BETWEEN $firstEpoch - $featureWaitMax AND $epoch
),
-- the model and all that it is derived from
source AS (
  SELECT $model AS asset
  UNION
  SELECT e.parent FROM source AS s JOIN asset_parent AS e USING (asset)
),
payee AS (
  SELECT DISTINCT u.payer, s.asset FROM (SELECT DISTINCT payer FROM use) AS u, source AS s
  UNION
  SELECT payer, unnest([infrastructure, agent]) FROM use
),
-- what a payer owned of an asset from a place in accept order on, until the next
holding AS (
  SELECT
    c.asset,
    c.account,
    c.epoch,
    c.ordinal,
    sum(c.delta) OVER changes AS parts,
    lead(c.epoch) OVER changes AS until_epoch,
    lead(c.ordinal) OVER changes AS until_ordinal
  FROM ownership_change AS c
  SEMI JOIN payee AS p ON p.payer = c.account AND p.asset = c.asset
  WINDOW changes AS (PARTITION BY c.asset, c.account ORDER BY c.epoch, c.ordinal)
),
owned AS (
  SELECT DISTINCT u.inference
  FROM use AS u
  JOIN holding AS h ON h.account = u.payer
  WHERE (h.asset IN (u.infrastructure, u.agent) OR h.asset IN (SELECT asset FROM source))
    AND h.parts > 0
    AND (h.epoch < u.epoch OR (h.epoch = u.epoch AND h.ordinal < u.ordinal))
    AND (h.until_epoch IS NULL OR u.epoch < h.until_epoch OR (u.epoch = h.until_epoch AND u.ordinal <= h.until_ordinal))
)
SELECT
  row_number() OVER (ORDER BY u.used_epoch, u.used_ordinal) - 1 AS event,
  u.inference,
  u.fee,
  u.data_parts,
  u.p16,
  u.packed,
  owned.inference IS NOT NULL AS own
FROM use AS u
LEFT JOIN owned USING (inference)
