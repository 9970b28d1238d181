-- one row per decoded record of type $type after $after in accept order: at most $page rows and about $bytes bytes
WITH page AS (
  SELECT c.rid, c.ordinal, c.id_hash, c.body_hash, r.topic, r.headers, r.record_value
  FROM cut_record AS c
  JOIN record AS r USING (rid)
  WHERE c.event_type = $type AND c.ingest_reason = 0 AND c.ordinal > $after
  ORDER BY c.ordinal
  LIMIT $page
),
measured AS (
  SELECT *, sum(octet_length(record_value) + octet_length(headers)) OVER (ORDER BY ordinal) AS bytes_so_far,
    min(ordinal) OVER () AS first_ordinal
  FROM page
)
SELECT * EXCLUDE (bytes_so_far, first_ordinal) FROM measured
WHERE bytes_so_far <= $bytes OR ordinal = first_ordinal
ORDER BY ordinal
