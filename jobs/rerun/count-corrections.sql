-- In the copy of a rerun of epochs $from to $to, whose corrections are those that count: fees that were funded in these epochs become
-- what is left of them, and what is not left is what each payer gets back, one row per (for_epoch, account, token, asset).
CREATE TABLE rerun_refund AS
SELECT p.epoch AS for_epoch, i.payer AS account, i.token, i.model AS asset, sum(p.fee - c.fee)::HUGEINT AS amount
FROM funded AS p
JOIN (SELECT inference, min(fee) AS fee FROM correction GROUP BY inference) AS c USING (inference)
JOIN inference AS i USING (inference)
WHERE p.epoch BETWEEN $from AND $to AND c.fee < p.fee
GROUP BY ALL;

-- What was held before it was funded is less held, as if that had gone back at once.
INSERT INTO fee_returned (inference, amount, epoch)
SELECT p.inference, p.fee - c.fee, p.epoch
FROM funded AS p
JOIN (SELECT inference, min(fee) AS fee FROM correction GROUP BY inference) AS c USING (inference)
SEMI JOIN (SELECT inference FROM held_fee_ended WHERE became = 'released') AS e USING (inference)
WHERE p.epoch BETWEEN $from AND $to AND c.fee < p.fee;

UPDATE funded
SET fee = c.fee
FROM (SELECT inference, min(fee) AS fee FROM correction GROUP BY inference) AS c
WHERE c.inference = funded.inference AND funded.epoch BETWEEN $from AND $to AND c.fee < funded.fee;

DELETE FROM funded WHERE epoch BETWEEN $from AND $to AND fee = 0;
