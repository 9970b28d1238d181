-- one row per place in the log of an erased record: its own, and that of its dead letter, of which no content is kept
SELECT r.topic, r.partition_id, r.record_offset, r.content_hash AS content
FROM record_erased JOIN record AS r USING (rid)
UNION ALL
SELECT r.topic || '.dlq', s.dlq_partition, s.dlq_offset, NULL
FROM record_erased JOIN record AS r USING (rid) JOIN dead_letter_sent AS s USING (rid)
ORDER BY ALL
