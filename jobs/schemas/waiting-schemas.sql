-- one row per schema id in the values of records that ingest could not decide: how many wait for a cut, how many were decided without it
SELECT
  ('0x' || hex(array_slice(r.record_value, 2, 5)))::BIGINT::INTEGER AS schema_id,
  count(*) FILTER (o.rid IS NULL)::INTEGER AS waiting,
  count(*) FILTER (o.reason = $unknown)::INTEGER AS rejected
FROM record AS r
LEFT JOIN outcome AS o USING (rid)
WHERE r.event_type IS NULL AND r.ingest_reason = 0
GROUP BY schema_id
ORDER BY schema_id
