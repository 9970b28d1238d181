-- one row per fee taken in $first or later that is held: what was held of it after the corrections up to $before, and what is after
-- those up to $after
CREATE OR REPLACE TEMP TABLE still_held AS
-- each correction takes something back of the one before
WITH corrected AS (
  SELECT inference, min(fee) FILTER (epoch <= $before) AS fee_before, min(fee) AS fee_after
  FROM correction
  WHERE epoch BETWEEN $first AND $after
  GROUP BY inference
)
SELECT
  h.inference,
  h.epoch,
  h.until_epoch AS until,
  i.model,
  i.payer,
  i.token,
  least(h.fee, coalesce(c.fee_before, h.fee)) AS fee_before,
  least(h.fee, coalesce(c.fee_after, h.fee)) AS fee
FROM held_fee AS h
JOIN inference AS i USING (inference)
LEFT JOIN corrected AS c ON c.inference = h.inference
ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch >= $first) AS e ON e.inference = h.inference
WHERE h.epoch >= $first AND i.epoch >= $first
