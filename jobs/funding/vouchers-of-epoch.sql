-- one row per channel that a voucher accepted in $epoch may raise
SELECT payer, model, token, max(cumulative) AS cumulative, max(sequence) AS sequence
FROM voucher
WHERE epoch = $epoch
GROUP BY payer, model, token
