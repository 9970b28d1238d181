-- one row per (epoch of the fee, model, token, retrieved, channel): fees of earlier epochs that a channel took in $epoch
SELECT funded_epoch AS epoch, model, token, retrieved, channel, sum(fee)::HUGEINT AS fees
FROM channel_use
WHERE epoch = $epoch AND funded_epoch < $epoch
GROUP BY ALL
ORDER BY ALL
