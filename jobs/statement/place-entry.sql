-- the record at ($topic, $partition, $offset) with a leaf: what its entry is made of; of two incarnations the last
SELECT
  o.leaf_index, o.leaf_hash, o.outcome, o.reason, o.epoch,
  r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, r.content_hash,
  r.id_hash, r.record_key, r.headers, r.record_value,
  EXISTS (SELECT 1 FROM record_erased AS e WHERE e.rid = r.rid) AS is_erased
FROM record AS r
JOIN outcome AS o USING (rid)
WHERE r.topic = $topic AND r.partition_id = $partition AND r.record_offset = $offset::BIGINT
ORDER BY r.incarnation DESC
LIMIT 1
