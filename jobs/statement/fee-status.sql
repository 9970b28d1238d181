-- at most one row: what became of the fee of the inference, in which epoch, and how much of it counts; none before its epoch is attributed
SELECT 'funded' AS status, epoch, fee FROM funded WHERE inference = $inference
UNION ALL
SELECT status, epoch, fee FROM not_funded WHERE inference = $inference
UNION ALL
SELECT
  coalesce(e.became, 'outside'),
  coalesce(e.epoch, h.epoch),
  (h.fee - coalesce((SELECT sum(amount) FROM fee_returned WHERE inference = $inference), 0))::HUGEINT
FROM held_fee AS h
LEFT JOIN held_fee_ended AS e USING (inference)
WHERE h.inference = $inference AND e.became IS DISTINCT FROM 'released'
