-- one row per item whose erasure was ordered, with the epoch of the first order; ripe when that was published once, by whichever
-- attempt, and, of a ledger that proposes to a chain ($isAnchored, or it has done so), all epochs before are final: nobody has to
-- recompute them any more, and none can be vetoed. After a veto no epoch may be proposed any more, or yet.
WITH named AS (
  SELECT c.batch, c.item_index, min(e.epoch) AS order_epoch
  FROM contribution_erased AS e
  JOIN contribution AS c ON c.batch = e.batch AND (e.item_index IS NULL OR e.item_index = c.item_index)
  GROUP BY ALL
),
chain AS (
  SELECT $isAnchored OR count(*) FILTER (state IN ('proposed', 'finalized') OR vetoed_json IS NOT NULL) > 0 AS is_used FROM epoch
),
before AS (
  SELECT n.order_epoch, count(*) > 0 AS is_open
  FROM (SELECT DISTINCT order_epoch FROM named) AS n
  JOIN epoch AS e ON e.epoch < n.order_epoch AND e.state <> 'finalized'
  GROUP BY n.order_epoch
)
SELECT
  n.batch, n.item_index, n.order_epoch, b.source, b.batch_id, c.account, c.content_hash,
  (o.state IN ('published', 'proposed', 'finalized') OR o.vetoed_json IS NOT NULL) AND NOT (chain.is_used AND coalesce(before.is_open, false)) AS is_ripe
FROM named AS n
JOIN contribution_batch AS b USING (batch)
JOIN contribution AS c ON c.batch = n.batch AND c.item_index = n.item_index
JOIN epoch AS o ON o.epoch = n.order_epoch
CROSS JOIN chain
LEFT JOIN before USING (order_epoch)
ORDER BY b.source, b.batch_id, n.item_index
