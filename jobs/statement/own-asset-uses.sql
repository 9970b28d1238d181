-- one row per asset of which $account owns a share at the end of epoch $to: uses of it, or of what was derived from it, accepted in
-- $first to $to; how many of them were paid in these epochs, and how many are or were held outside a licence; is_reused: something
-- was derived from it
WITH RECURSIVE owned AS (
  SELECT asset FROM ownership_change WHERE account = $account AND epoch <= $to GROUP BY asset HAVING sum(delta) > 0
),
below AS (
  SELECT asset AS own, asset AS used FROM owned
  UNION
  SELECT b.own, p.asset FROM below AS b JOIN asset_parent AS p ON p.parent = b.used
),
wanted AS (
  SELECT i.inference, i.epoch, used.asset
  FROM inference AS i, unnest([i.model, i.infrastructure, i.agent]) AS used (asset)
  WHERE i.epoch <= $to
),
by_use AS (
  SELECT DISTINCT
    b.own,
    w.inference,
    w.epoch >= $first AS is_new,
    f.inference IS NOT NULL AS is_paid,
    h.inference IS NOT NULL AND w.epoch >= $first AS is_outside
  FROM below AS b
  JOIN wanted AS w ON w.asset = b.used
  LEFT JOIN funded AS f ON f.inference = w.inference AND f.epoch BETWEEN $first AND $to
  LEFT JOIN held_fee AS h ON h.inference = w.inference
  WHERE w.epoch >= $first OR f.inference IS NOT NULL
)
SELECT
  o.asset,
  a.kind,
  EXISTS (SELECT 1 FROM asset_parent AS p WHERE p.parent = o.asset) AS is_reused,
  count(u.inference) FILTER (u.is_new)::BIGINT AS uses,
  count(u.inference) FILTER (u.is_paid)::BIGINT AS paid,
  count(u.inference) FILTER (u.is_outside)::BIGINT AS outside
FROM owned AS o
JOIN asset AS a USING (asset)
LEFT JOIN by_use AS u ON u.own = o.asset
GROUP BY o.asset, a.kind
ORDER BY o.asset
