-- one row per accepted batch that is named SOURCE/ID, or that the account contributed, with how many of its items were ordered to
-- be erased
SELECT b.source, b.batch_id, b.items, count(*) FILTER (e.batch IS NOT NULL) AS erased
FROM contribution_batch AS b
JOIN contribution AS c USING (batch)
LEFT JOIN (SELECT DISTINCT batch, item_index FROM contribution_erased) AS e
  ON e.batch = c.batch AND (e.item_index IS NULL OR e.item_index = c.item_index)
WHERE ($name IS NULL OR b.source || '/' || b.batch_id = $name) AND ($account IS NULL OR b.account = $account)
GROUP BY ALL
ORDER BY b.source, b.batch_id
