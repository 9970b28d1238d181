-- one row per record of the cut of $epoch, grouped by type, within a type in accept order; $first: no record below is uncut
CREATE OR REPLACE TEMP TABLE cut_record AS
SELECT
  r.rid,
  r.event_type,
  r.id_hash,
  r.body_hash,
  r.ingest_reason,
  octet_length(r.headers) + coalesce(octet_length(r.record_value), 0) AS bytes,
  row_number() OVER (
    ORDER BY r.effective_ms, r.topic <> 'tally.registry', r.topic, r.partition_id, r.record_offset
  ) AS ordinal
FROM record AS r
JOIN epoch_cut AS c
  ON r.topic = c.topic AND r.partition_id = c.partition_id AND r.incarnation = c.incarnation
WHERE c.epoch = $epoch AND r.rid >= $first::BIGINT AND r.record_offset >= c.from_offset AND r.record_offset < c.to_offset
ORDER BY r.event_type, ordinal
