-- one row per token: the newest epoch in which a period of $model paid, and what it paid
SELECT token, epoch, sum(pay)::HUGEINT AS paid
FROM score
WHERE model = $model AND pay > 0
GROUP BY token, epoch
QUALIFY row_number() OVER (PARTITION BY token ORDER BY epoch DESC) = 1
ORDER BY token
