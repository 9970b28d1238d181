-- one row per letter that was never redriven to an acknowledged end, and whose record was not erased, ascending
SELECT rid, reason
FROM dead_letter AS l
ANTI JOIN dead_letter_redriven AS d USING (rid)
ANTI JOIN record_erased AS e USING (rid)
ORDER BY rid
