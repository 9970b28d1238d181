-- one row per decoded record of type $type after $after in accept order, at most $page
SELECT c.rid, c.ordinal, c.id_hash, c.body_hash, r.topic, r.headers, r.record_value
FROM cut_record AS c
JOIN record AS r USING (rid)
WHERE c.event_type = $type AND c.ingest_reason = 0 AND c.ordinal > $after
ORDER BY c.ordinal
LIMIT $page
