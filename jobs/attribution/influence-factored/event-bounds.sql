-- one row per event: its fee in settlement units, its weight before the cap, and M, the most that it can move
CREATE OR REPLACE TEMP TABLE event_bound AS
SELECT
  e.event,
  e.fee >> $feeShift AS fee,
  CASE WHEN e.own THEN 0 ELSE e.mp END AS mp,
  1 + greatest(coalesce(sum(greatest(s.t, 0)), 0), coalesce(sum(greatest(-s.t, 0)), 0))::HUGEINT AS bound
FROM event AS e
LEFT JOIN event_score AS s USING (event)
GROUP BY e.event, e.fee, e.own, e.mp
