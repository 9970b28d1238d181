-- one row per adjustment that was accepted in $epoch, in accept order
SELECT adjustment, from_epoch AS "fromEpoch", to_epoch AS "toEpoch", method
FROM adjustment
WHERE epoch = $epoch
ORDER BY ordinal
