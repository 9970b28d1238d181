-- one row per (adjustment, use) of adjustments accepted in $epoch: uses funded in their epochs whose fee was corrected since, with what is
-- left of it; epoch: the one in which it was funded
SELECT a.adjustment, p.epoch, i.source, i.event_id AS id, c.fee::VARCHAR AS fee
FROM adjustment AS a
JOIN funded AS p ON p.epoch BETWEEN a.from_epoch AND a.to_epoch
JOIN (SELECT inference, min(fee) AS fee FROM correction WHERE epoch <= $epoch GROUP BY inference) AS c
  ON c.inference = p.inference AND c.fee < p.fee
JOIN inference AS i ON i.inference = p.inference
WHERE a.epoch = $epoch
ORDER BY a.adjustment, p.epoch, i.source, i.event_id
