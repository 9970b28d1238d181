-- the last record of the partition that is stored, NULL before the first: ingest compares it with the log when it starts
ALTER TABLE read_position ADD COLUMN last_offset BIGINT;
ALTER TABLE read_position ADD COLUMN last_append_ms BIGINT;
ALTER TABLE read_position ADD COLUMN last_content_hash BLOB;
UPDATE read_position AS p
SET last_offset = r.record_offset, last_append_ms = r.append_ms, last_content_hash = r.content_hash
FROM record AS r
JOIN (
  SELECT topic, partition_id, incarnation, max(record_offset) AS record_offset
  FROM record
  WHERE ingest_reason >= 0 -- below 0: an accepted gap, or a row that only keeps rows apart
  GROUP BY topic, partition_id, incarnation
) AS l USING (topic, partition_id, incarnation, record_offset)
WHERE p.topic = r.topic AND p.partition_id = r.partition_id AND p.incarnation = r.incarnation;
