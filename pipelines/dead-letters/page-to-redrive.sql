-- one row per letter of $letters (numbers with commas), ascending, with the bytes of its record: about $bytes bytes at most
WITH page AS (
  SELECT rid FROM dead_letter WHERE rid IN (SELECT unnest(string_split($letters, ','))::BIGINT)
),
-- sizes before bytes, so that no more bytes are held than are wanted
sized AS (
  SELECT rid,
    sum(coalesce(octet_length(r.record_key), 0) + octet_length(r.headers) + coalesce(octet_length(r.record_value), 0))
      OVER (ORDER BY rid) AS bytes_so_far,
    min(rid) OVER () AS first_rid
  FROM page
  JOIN record AS r USING (rid)
)
SELECT l.rid, l.stage, l.epoch, l.reason, l.detail, r.topic, r.partition_id, r.record_offset, r.incarnation,
  r.record_key, r.headers, r.record_value
FROM sized AS s
JOIN dead_letter AS l USING (rid)
JOIN record AS r USING (rid)
WHERE s.bytes_so_far <= $bytes OR s.rid = s.first_rid
ORDER BY l.rid
