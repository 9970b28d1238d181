-- one row per dataset of which an owner of $agent owns some: what was written to it, and by owners of the agent; reads: paid uses that
-- retrieved from it
WITH owner AS (
  SELECT account FROM ownership_change WHERE asset = $agent GROUP BY account HAVING sum(delta) > 0
),
dataset AS (
  SELECT o.asset, sum(o.delta)::INTEGER AS parts
  FROM ownership_change AS o
  JOIN asset AS a ON a.asset = o.asset AND a.kind = 'dataset'
  SEMI JOIN owner ON owner.account = o.account
  GROUP BY o.asset
  HAVING sum(o.delta) > 0
),
reads AS (
  SELECT b.dataset, count(DISTINCT i.inference) AS reads
  FROM retrieved_item AS i
  JOIN contribution_batch AS b ON b.batch = i.batch AND i.item_index < b.items
  SEMI JOIN funded AS paid ON paid.inference = i.inference
  GROUP BY b.dataset
)
SELECT
  d.asset AS dataset,
  d.parts,
  coalesce(sum(b.items), 0)::BIGINT AS items,
  coalesce(sum(b.items) FILTER (b.account IN (SELECT account FROM owner)), 0)::BIGINT AS own_items,
  coalesce(any_value(r.reads), 0)::BIGINT AS reads
FROM dataset AS d
LEFT JOIN contribution_batch AS b ON b.dataset = d.asset
LEFT JOIN reads AS r ON r.dataset = d.asset
GROUP BY d.asset, d.parts
ORDER BY d.asset
