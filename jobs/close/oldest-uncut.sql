-- one row: the smallest effective time of a record that no epoch holds yet; $first: no record with a smaller rid is one
WITH cut AS (
  SELECT topic, partition_id, max(to_offset) AS to_offset FROM epoch_cut GROUP BY topic, partition_id
)
SELECT min(r.effective_ms) AS oldest
FROM record AS r
LEFT JOIN cut USING (topic, partition_id)
WHERE r.rid >= $first::BIGINT AND r.record_offset >= coalesce(cut.to_offset, 0)
