-- one row per settlement line of $epoch
SELECT account, token, kind, nullif(asset, '') AS asset, amount::DECIMAL(38, 0) AS amount
FROM settlement_line WHERE epoch = $epoch ORDER BY account, token, kind, asset
