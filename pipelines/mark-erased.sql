-- adds to `erased` the messages of `to_erase` that are there
INSERT INTO erased
SELECT t.topic, t.partition_id, t.message_offset, t.content
FROM to_erase AS t
SEMI JOIN message USING (topic, partition_id, message_offset)
ANTI JOIN erased USING (topic, partition_id, message_offset)
