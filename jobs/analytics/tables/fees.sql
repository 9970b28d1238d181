-- one row per fee of which something became in $epoch: funded, released (held before), outside (held from now on), refunded, unfunded,
-- reported, void or corrected
WITH fee AS (
  SELECT inference, status, fee AS amount FROM not_funded WHERE epoch = $epoch
  UNION ALL
  SELECT inference, 'outside', fee FROM held_fee WHERE epoch = $epoch
  UNION ALL
  SELECT p.inference, CASE WHEN e.inference IS NULL THEN 'funded' ELSE 'released' END, p.fee
  FROM funded AS p
  LEFT JOIN (SELECT inference FROM held_fee_ended WHERE epoch = $epoch AND became = 'released') AS e USING (inference)
  WHERE p.epoch = $epoch
  UNION ALL
  SELECT inference, 'refunded', amount FROM fee_returned WHERE epoch = $epoch
)
SELECT
  i.source, i.event_id AS id, i.epoch AS use_epoch, i.model, i.infrastructure, nullif(i.agent, '') AS agent, i.payer, i.token,
  f.status, f.amount::DECIMAL(38, 0) AS amount
FROM fee AS f
JOIN inference AS i ON i.inference = f.inference AND i.epoch BETWEEN $firstUse AND $epoch
ORDER BY i.epoch, i.ordinal, f.status
