-- one row per event: m, what it counts, in 256ths; $theta NULL means without the cap. `movement` holds M of each event.
CREATE OR REPLACE TEMP TABLE event_weight AS
WITH base AS (
  SELECT event, fee, CASE WHEN own THEN 0 ELSE (p16::BIGINT * ub) >> 16 END AS mp, movement
  FROM event
  JOIN movement USING (event)
)
SELECT
  event,
  fee::HUGEINT * CASE WHEN $theta IS NULL THEN 256 * mp ELSE least(256 * mp, $theta::HUGEINT // movement) END AS m
FROM base
