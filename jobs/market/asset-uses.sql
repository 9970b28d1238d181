-- one row: paid uses of $asset itself, by how many payers; those of what was derived from it, in any generation; and licences of it
WITH RECURSIVE derived AS (
  SELECT asset FROM asset_parent WHERE parent = $asset
  UNION
  SELECT p.asset FROM derived AS d JOIN asset_parent AS p ON p.parent = d.asset
),
own AS (SELECT payer FROM inference WHERE model = $asset OR infrastructure = $asset OR agent = $asset),
given AS (
  SELECT licensee FROM licence ANTI JOIN licence_revoked USING (grant_id) WHERE asset = $asset
  UNION ALL
  SELECT licensee FROM bought_licence WHERE asset = $asset
)
SELECT
  (SELECT count(*) FROM own) AS uses,
  (SELECT count(DISTINCT payer) FROM own) AS payers,
  (SELECT count(*) FROM inference WHERE model IN (SELECT asset FROM derived) OR agent IN (SELECT asset FROM derived))
    AS derived_uses,
  (SELECT count(*) FROM given) - (SELECT count(*) FROM bought_licence WHERE asset = $asset) AS granted,
  (SELECT count(*) FROM bought_licence WHERE asset = $asset) AS bought,
  (SELECT count(DISTINCT licensee) FROM given WHERE licensee <> '0x0000000000000000000000000000000000000000') AS licensees
