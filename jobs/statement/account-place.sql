-- rows of $account in $epoch with their place among all rows, from 0; one row per token
SELECT t.*, (
  SELECT count(*) FROM account_total AS o
  WHERE o.epoch = $epoch AND (o.account < t.account OR (o.account = t.account AND o.token < t.token))
) AS place
FROM account_total AS t
WHERE t.epoch = $epoch AND t.account = $account
ORDER BY t.token
