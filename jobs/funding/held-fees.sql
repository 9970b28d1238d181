-- one row per (epoch, model, payer, token, until): fees that are held after $epoch
SELECT h.epoch, h.model, h.payer, h.token, h.until, sum(h.fee)::HUGEINT AS fees
FROM still_held AS h
ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch = $epoch) AS e ON e.inference = h.inference
GROUP BY ALL
ORDER BY ALL
