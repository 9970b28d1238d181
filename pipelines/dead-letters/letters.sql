-- one row per letter, the newest first, with where it was sent and, of its last redrive, where its record went and what became
-- of it there
WITH page AS (
  SELECT rid, topic, stage, epoch, reason, detail
  FROM dead_letter
  WHERE ($topic IS NULL OR topic = $topic)
    AND ($reason IS NULL OR reason = $reason)
    AND ($letter IS NULL OR rid = $letter)
  ORDER BY rid DESC
  LIMIT $limit
),
redrive AS (
  SELECT rid, max(redrive) AS redrive, count(*)::INTEGER AS redrives FROM dead_letter_redrive GROUP BY rid
)
SELECT
  l.rid, l.topic, l.stage, l.epoch, l.reason, l.detail,
  r.partition_id, r.record_offset, r.incarnation, r.append_ms,
  coalesce(octet_length(r.record_value), -1)::INTEGER AS value_bytes,
  s.dlq_partition, s.dlq_offset, s.omitted, s.sent_ms,
  v.redrives, i.begun_ms, d.to_partition, d.to_offset,
  o.outcome AS then_outcome, o.reason AS then_reason, o.epoch AS then_epoch, n.ingest_reason AS then_ingest_reason
FROM page AS l
JOIN record AS r USING (rid)
LEFT JOIN dead_letter_sent AS s USING (rid)
LEFT JOIN redrive AS v USING (rid)
LEFT JOIN dead_letter_redrive AS i ON i.redrive = v.redrive
LEFT JOIN dead_letter_redriven AS d ON d.redrive = v.redrive
LEFT JOIN record AS n ON n.topic = d.topic AND n.partition_id = d.to_partition AND n.record_offset = d.to_offset
LEFT JOIN outcome AS o ON o.rid = n.rid
ORDER BY l.rid DESC
