-- one letter per record that the close of $epoch rejected; what ingest rejected has its letter already. No record of the epoch
-- has a rid below $from: so the cost follows the length of the epoch, not of history
INSERT INTO dead_letter
SELECT o.rid, r.topic, 'close', $epoch, o.reason, o.detail
FROM outcome AS o
JOIN record AS r USING (rid)
WHERE o.epoch = $epoch AND o.outcome = 2 AND r.rid >= $from
  AND o.rid NOT IN (SELECT rid FROM dead_letter WHERE rid >= $from)
