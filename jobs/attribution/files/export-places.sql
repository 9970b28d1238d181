-- one row per item of the temporary table `item`, in its order
SELECT concat(b.source, '/', b.batch_id, '/', i.item_index) AS id
FROM item AS i JOIN contribution_batch AS b USING (batch)
WHERE i.kept
ORDER BY i.place
