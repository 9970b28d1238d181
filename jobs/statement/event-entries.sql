-- one row per record with a leaf whose identity is one of $ids: what its entry is made of; the accepted one first
SELECT
  o.leaf_index, o.leaf_hash, o.outcome, o.reason, o.epoch,
  r.topic, r.partition_id, r.record_offset, r.incarnation, r.effective_ms, r.content_hash,
  r.id_hash, r.record_key, r.headers, r.record_value,
  EXISTS (SELECT 1 FROM record_erased AS e WHERE e.rid = r.rid) AS is_erased
FROM record AS r
JOIN outcome AS o USING (rid)
WHERE list_contains($ids, r.id_hash)
ORDER BY o.outcome, o.leaf_index
