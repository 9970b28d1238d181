-- one row per partition that holds a record
DELETE FROM read_position;
INSERT INTO read_position
SELECT
  topic, partition_id, 0, max(record_offset) + 1, max(effective_ms),
  max(record_offset), arg_max(append_ms, record_offset), arg_max(content_hash, record_offset)
FROM record GROUP BY topic, partition_id
