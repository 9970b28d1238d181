-- one row: what $account owns of $asset before $ordinal of $epoch, millionths
SELECT coalesce(sum(delta), 0)::BIGINT AS parts
FROM ownership_change
WHERE asset = $asset AND account = $account AND (epoch < $epoch OR (epoch = $epoch AND ordinal < $ordinal))
