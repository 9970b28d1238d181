-- one row per adjustment that was accepted in $epoch and whose epochs were not all settled again yet, in accept order
SELECT a.adjustment
FROM adjustment AS a
LEFT JOIN rerun AS r ON r.adjustment = a.adjustment AND r.done_to = a.to_epoch
WHERE a.epoch = $epoch AND r.rerun IS NULL
ORDER BY a.ordinal
