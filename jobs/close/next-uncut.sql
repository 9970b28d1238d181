-- one row: the smallest rid of a record that no epoch holds, or the one behind all records; none below $first is one
WITH cut AS (
  SELECT topic, partition_id, max(to_offset) AS to_offset FROM epoch_cut GROUP BY topic, partition_id
)
SELECT
  coalesce(min(r.rid) FILTER (r.record_offset >= coalesce(cut.to_offset, 0)), max(r.rid) + 1, $first::BIGINT) AS first_rid
FROM record AS r
LEFT JOIN cut USING (topic, partition_id)
WHERE r.rid >= $first::BIGINT
