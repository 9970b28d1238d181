-- one row per letter that was never redriven to an acknowledged end, ascending
SELECT rid, reason
FROM dead_letter AS l
ANTI JOIN dead_letter_redriven AS d USING (rid)
ORDER BY rid
