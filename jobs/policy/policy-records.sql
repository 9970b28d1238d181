-- one row per record of an accepted policy, in no order
SELECT r.rid, r.topic, r.headers, r.record_value
FROM record AS r
JOIN outcome AS o USING (rid)
WHERE r.event_type = 'PolicyPublished' AND o.outcome = 0
