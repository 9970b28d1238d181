-- one row per unit that a use accepted in $epoch counted
SELECT i.source, i.event_id AS id, i.model, i.payer, u.unit, u.quantity
FROM inference_unit AS u
JOIN inference AS i ON i.inference = u.inference AND i.epoch = $epoch
WHERE u.epoch = $epoch
ORDER BY i.ordinal, u.unit
