-- one row per ingest reason (0 = decoded): records that no epoch holds yet; $first: no record with a smaller rid is one
WITH cut AS (
  SELECT topic, partition_id, max(to_offset) AS to_offset FROM epoch_cut GROUP BY topic, partition_id
)
SELECT r.ingest_reason AS reason, count(*)::INTEGER AS records
FROM record AS r
LEFT JOIN cut USING (topic, partition_id)
WHERE r.rid >= $first::BIGINT AND r.record_offset >= coalesce(cut.to_offset, 0) AND r.ingest_reason >= 0
GROUP BY r.ingest_reason
ORDER BY r.ingest_reason
