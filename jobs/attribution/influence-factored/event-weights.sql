-- one row per event: m, what the event counts; $theta NULL means without the cap
CREATE OR REPLACE TEMP TABLE event_weight AS
SELECT event, (fee * CASE WHEN $theta IS NULL THEN mp ELSE least(mp, $theta::HUGEINT // bound) END)::HUGEINT AS m
FROM event_bound
