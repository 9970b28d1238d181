-- one row: the epoch of the oldest use whose fee was funded in $from to $epoch: an earlier one than $from only where fees that were held
-- were released
SELECT least(coalesce(min(h.epoch), $from), $from)::INTEGER AS first
FROM held_fee_ended AS e
JOIN held_fee AS h ON h.inference = e.inference AND h.epoch >= $from - $waitMax
WHERE e.epoch BETWEEN $from AND $epoch AND e.became = 'released'
