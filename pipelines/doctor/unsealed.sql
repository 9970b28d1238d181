-- one row per topic: the smallest effective time of a record that no published bundle holds
WITH sealed AS (
  SELECT c.topic, c.partition_id, max(c.to_offset) AS to_offset
  FROM epoch_cut AS c
  JOIN epoch AS e USING (epoch)
  WHERE e.state IN ('published', 'proposed', 'finalized')
  GROUP BY c.topic, c.partition_id
)
SELECT r.topic, min(r.effective_ms) AS oldest_ms
FROM record AS r
LEFT JOIN sealed AS s USING (topic, partition_id)
WHERE r.record_offset >= coalesce(s.to_offset, 0)
GROUP BY r.topic
