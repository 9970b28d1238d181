-- one row per (payer, token, model): the line of kind data of $epoch of an account that paid for uses of the model in it
SELECT l.account AS payer, l.token, l.asset AS model, l.amount
FROM settlement_line AS l
SEMI JOIN (
  SELECT i.payer, i.token, i.model FROM funded AS paid JOIN inference AS i USING (inference) WHERE paid.epoch = $epoch
) AS own ON own.payer = l.account AND own.token = l.token AND own.model = l.asset
WHERE l.epoch = $epoch AND l.kind = 'data'
ORDER BY ALL
