-- one row: the epoch of the oldest use whose fee was released in $epoch, or $epoch
SELECT coalesce(min(h.epoch), $epoch)::INTEGER AS first
FROM held_fee_ended AS e
JOIN held_fee AS h ON h.inference = e.inference AND h.epoch >= $epoch - $waitMax
WHERE e.epoch = $epoch AND e.became = 'released'
