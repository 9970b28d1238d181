-- at most one row: what became of the fee of the inference; none before its epoch is attributed
SELECT 'funded' AS status FROM funded WHERE inference = $inference
UNION ALL
SELECT status FROM not_funded WHERE inference = $inference
