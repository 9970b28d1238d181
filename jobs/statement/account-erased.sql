-- one row per contribution of $account whose erasure was ordered up to $to, with the epoch of the first order; records: those that
-- told its features and have lost their values since
WITH gone AS (SELECT batch, item_index, count(*) AS records FROM record_erased GROUP BY ALL)
SELECT b.batch_id, b.dataset, c.item_index, min(e.epoch) AS epoch, coalesce(any_value(g.records), 0)::BIGINT AS records
FROM contribution AS c
JOIN contribution_erased AS e ON e.batch = c.batch AND (e.item_index IS NULL OR e.item_index = c.item_index)
JOIN contribution_batch AS b ON b.batch = c.batch
LEFT JOIN gone AS g ON g.batch = c.batch AND g.item_index = c.item_index
WHERE c.account = $account AND e.epoch <= $to
GROUP BY b.batch_id, b.dataset, c.batch, c.item_index
ORDER BY min(e.epoch), b.batch_id, c.item_index
