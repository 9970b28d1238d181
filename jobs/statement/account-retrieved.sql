-- one row per (epoch, model, token): paid uses that retrieved contributions of $account, in the epoch in which they paid for it
SELECT w.epoch, i.model AS asset, i.token, count(*)::BIGINT AS uses, sum(paid.fee)::HUGEINT AS fees
FROM channel_weight AS w
JOIN inference AS i USING (inference)
JOIN funded AS paid ON paid.inference = w.inference
WHERE w.account = $account AND w.channel = 'retrieval' AND w.epoch BETWEEN $first AND $last
GROUP BY ALL
ORDER BY ALL
