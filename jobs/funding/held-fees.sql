-- one row per (epoch, model, payer, token, until): fees taken in $first or later that are still held
SELECT h.epoch, i.model, i.payer, i.token, h.until_epoch AS until, sum(i.fee)::HUGEINT AS fees
FROM held_fee AS h
JOIN inference AS i USING (inference)
ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch >= $first) AS e ON e.inference = h.inference
WHERE h.epoch >= $first AND i.epoch >= $first
GROUP BY ALL
ORDER BY ALL
