-- one row per deposit recorded in $epoch
SELECT payer, token, amount::DECIMAL(38, 0) AS amount, '0x' || lower(hex(transaction_hash)) AS transaction, log_index
FROM deposit WHERE epoch = $epoch ORDER BY ordinal
