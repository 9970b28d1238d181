-- one row per account that $channel paid for uses of ($model, $token) in $epoch
SELECT account, amount AS pay FROM settlement_line
WHERE epoch = $epoch AND kind = $channel AND asset = $model AND token = $token
ORDER BY account
