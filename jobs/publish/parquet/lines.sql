-- one row per settlement line of $epoch
SELECT account, token, kind, asset, amount::VARCHAR AS amount
FROM settlement_line WHERE epoch = $epoch ORDER BY account, token, kind, asset
