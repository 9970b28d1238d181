-- one row per record that waits for its schema after $after in accept order: at most $page rows and about $bytes bytes;
-- found: how many rows $page let through
WITH page AS (
  SELECT rid, ordinal, bytes
  FROM cut_record
  WHERE event_type IS NULL AND ingest_reason = 0 AND ordinal > $after
  ORDER BY ordinal
  LIMIT $page
),
measured AS (
  SELECT *, sum(bytes) OVER (ORDER BY ordinal) AS bytes_so_far, min(ordinal) OVER () AS first_ordinal, count(*) OVER () AS found
  FROM page
)
SELECT rid, ordinal, found FROM measured
WHERE bytes_so_far <= $bytes OR ordinal = first_ordinal
ORDER BY ordinal
