-- one row per record of $epoch after $after in leaf order (topic, partition, offset), at most $page
SELECT l.position, r.rid, r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, r.content_hash,
  d.outcome, d.reason, d.detail
FROM leaf_order AS l
JOIN record AS r USING (rid)
JOIN decision AS d USING (rid)
WHERE l.position > $after
ORDER BY l.position
LIMIT $page
