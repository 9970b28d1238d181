-- one row: the infrastructure that most of the fees of $model's uses, funded in $token up to $epoch, were paid for
SELECT i.infrastructure
FROM funded AS paid
JOIN inference AS i USING (inference)
WHERE i.model = $model AND i.token = $token AND paid.epoch <= $epoch
GROUP BY i.infrastructure
ORDER BY sum(i.fee) DESC, i.infrastructure
LIMIT 1
