-- one row per contribution named by $batches and $indexes, which are of equal length
WITH wanted AS (SELECT unnest($batches) AS batch, unnest($indexes) AS item_index)
SELECT c.batch, c.item_index, b.batch_id, c.content_hash
FROM wanted
JOIN contribution AS c USING (batch, item_index)
JOIN contribution_batch AS b USING (batch)
