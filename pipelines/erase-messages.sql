-- one row per message of `to_erase` that is there and was not erased before; its value is gone
UPDATE message AS m
SET message_value = NULL
FROM to_erase AS t
WHERE t.topic = m.topic AND t.partition_id = m.partition_id AND t.message_offset = m.message_offset
  AND NOT EXISTS (
    SELECT 1 FROM erased AS e
    WHERE e.topic = m.topic AND e.partition_id = m.partition_id AND e.message_offset = m.message_offset
  )
RETURNING m.topic, m.partition_id, m.message_offset
