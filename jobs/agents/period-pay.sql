-- one row per account that the period of ($model, $token) paid in $epoch
SELECT account, pay FROM score
WHERE epoch = $epoch AND model = $model AND token = $token AND pay > 0
ORDER BY account
