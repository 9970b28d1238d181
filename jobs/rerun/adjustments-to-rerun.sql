-- one row per adjustment that was accepted in $epoch, in accept order
SELECT adjustment, from_epoch, to_epoch, method, epoch, ordinal
FROM adjustment
WHERE epoch = $epoch
ORDER BY ordinal
