-- one row per partition that holds a record
CREATE OR REPLACE TABLE read_position AS
SELECT topic, partition_id, 0 AS incarnation, max(record_offset) + 1 AS next_offset, max(effective_ms) AS effective_ms
FROM record GROUP BY topic, partition_id
