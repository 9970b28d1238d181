-- a row when one of `to_erase` is there and was not erased
SELECT 1 AS there
FROM to_erase AS t
SEMI JOIN message USING (topic, partition_id, message_offset)
ANTI JOIN erased USING (topic, partition_id, message_offset)
LIMIT 1
