-- one row per (payer, model, token): what was held of fees and went back in $epoch
SELECT i.payer, i.model, i.token, sum(r.amount)::HUGEINT AS fees
FROM fee_returned AS r
JOIN inference AS i USING (inference)
WHERE r.epoch = $epoch AND i.epoch >= $first
GROUP BY ALL
ORDER BY ALL
