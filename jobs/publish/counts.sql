-- one row per (outcome, reason) of $epoch
SELECT outcome, reason, count(*)::INTEGER AS records FROM outcome WHERE epoch = $epoch GROUP BY ALL ORDER BY ALL
