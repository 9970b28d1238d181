-- the row of ($model, $token, $account) in $epoch with its place among all rows, from 0
SELECT t.*, (
  SELECT count(*) FROM score AS o
  WHERE o.epoch = $epoch AND (o.model < t.model OR (o.model = t.model AND
    (o.token < t.token OR (o.token = t.token AND o.account < t.account))))
) AS place
FROM score AS t
WHERE t.epoch = $epoch AND t.model = $model AND t.token = $token AND t.account = $account
