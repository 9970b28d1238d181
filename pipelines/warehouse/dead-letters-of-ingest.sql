-- one letter per record from $from to $to (exclusive) that its own bytes reject
INSERT INTO dead_letter
SELECT rid, topic, 'ingest', NULL, ingest_reason, detail
FROM record
WHERE rid >= $from AND rid < $to AND ingest_reason > 0
