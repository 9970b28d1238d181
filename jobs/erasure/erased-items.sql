-- one row per item whose erasure was ordered, with the epoch of the first order and whether that is published
WITH named AS (
  SELECT c.batch, c.item_index, min(e.epoch) AS order_epoch
  FROM contribution_erased AS e
  JOIN contribution AS c ON c.batch = e.batch AND (e.item_index IS NULL OR e.item_index = c.item_index)
  GROUP BY ALL
)
SELECT
  n.batch, n.item_index, n.order_epoch, b.source, b.batch_id, c.account, c.content_hash,
  o.state IN ('published', 'proposed', 'finalized') AS is_published
FROM named AS n
JOIN contribution_batch AS b USING (batch)
JOIN contribution AS c ON c.batch = n.batch AND c.item_index = n.item_index
JOIN epoch AS o ON o.epoch = n.order_epoch
ORDER BY b.source, b.batch_id, n.item_index
