-- one row per range of offsets of the cut of $epoch that holds no record (control records, compaction)
WITH edge AS (
  SELECT topic, partition_id, from_offset - 1 AS record_offset FROM epoch_cut WHERE epoch = $epoch
  UNION ALL
  SELECT topic, partition_id, to_offset FROM epoch_cut WHERE epoch = $epoch
  UNION ALL
  SELECT r.topic, r.partition_id, r.record_offset FROM outcome AS o JOIN record AS r USING (rid) WHERE o.epoch = $epoch
),
step AS (
  SELECT topic, partition_id, record_offset,
    lag(record_offset) OVER (PARTITION BY topic, partition_id ORDER BY record_offset) AS previous
  FROM edge
)
SELECT topic, partition_id, previous + 1 AS from_offset, record_offset AS to_offset
FROM step
WHERE record_offset - previous > 1
ORDER BY topic, partition_id, from_offset
