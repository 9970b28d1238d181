-- one row per record that may tell features or the text of a contribution and still has its value: decoded as such, or not decoded when
-- it was read; outcome: null before its epoch is closed
SELECT r.rid, r.record_value, o.outcome
FROM record AS r
LEFT JOIN outcome AS o USING (rid)
WHERE
  r.record_value IS NOT NULL
  AND (r.event_type IN ('ContributionFeatures', 'ContributionText') OR (r.event_type IS NULL AND r.ingest_reason >= 0))
