-- one row per use that was funded in epochs $from to $to and whose fee was corrected since, up to epoch $corrected: what was taken of its
-- payer, and what is left of it; those that lost most first
SELECT i.source, i.event_id AS id, p.epoch, i.model, i.payer, i.token, p.fee AS before, c.fee AS after
FROM funded AS p
JOIN (SELECT inference, min(fee) AS fee FROM correction WHERE epoch <= $corrected GROUP BY inference) AS c
  ON c.inference = p.inference AND c.fee < p.fee
JOIN inference AS i ON i.inference = p.inference
WHERE p.epoch BETWEEN $from AND $to
ORDER BY p.fee - c.fee DESC, i.source, i.event_id
