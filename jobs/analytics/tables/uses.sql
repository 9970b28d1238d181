-- one row per use that was accepted in $epoch
SELECT
  i.source, i.event_id AS id, i.model, i.infrastructure, nullif(i.agent, '') AS agent, i.payer, i.token,
  i.fee::DECIMAL(38, 0) AS fee, i.voucher > 0 AS vouchered, i.commercial, nullif(i.price_list, '') AS price_list,
  l.inference IS NOT NULL AS late
FROM inference AS i
LEFT JOIN late_use AS l ON l.inference = i.inference AND l.epoch = $epoch
WHERE i.epoch = $epoch
ORDER BY i.ordinal
