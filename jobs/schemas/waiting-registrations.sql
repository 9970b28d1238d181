-- one row per registration of a schema that no epoch holds yet, in the order in which they were read
SELECT r.topic, r.headers, r.record_value
FROM record AS r
ANTI JOIN outcome AS o USING (rid)
WHERE r.event_type = 'SchemaRegistered' AND r.ingest_reason = 0
ORDER BY r.rid
LIMIT $most
