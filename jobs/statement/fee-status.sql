-- at most one row: what became of the fee of the inference, and in which epoch; none before its epoch is attributed
SELECT 'funded' AS status, epoch FROM funded WHERE inference = $inference
UNION ALL
SELECT status, epoch FROM not_funded WHERE inference = $inference
UNION ALL
SELECT CASE WHEN e.inference IS NULL THEN 'outside' ELSE 'refunded' END, coalesce(e.epoch, h.epoch)
FROM held_fee AS h
LEFT JOIN held_fee_ended AS e USING (inference)
WHERE h.inference = $inference AND e.became IS DISTINCT FROM 'released'
