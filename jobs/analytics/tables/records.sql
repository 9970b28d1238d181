-- one row per (outcome, reason): how many records of $epoch ended so
SELECT $outcomes[outcome] AS outcome, $reasons[reason] AS reason, count(*) AS records
FROM outcome
WHERE epoch = $epoch
GROUP BY ALL
ORDER BY ALL
