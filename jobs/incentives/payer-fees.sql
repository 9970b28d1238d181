-- one row per (payer, token, model, infrastructure, agent): what was paid for uses that were funded in $epoch
SELECT i.payer, i.token, i.model, i.infrastructure, i.agent, count(*)::BIGINT AS uses, sum(i.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN inference AS i USING (inference)
WHERE paid.epoch = $epoch
GROUP BY ALL
ORDER BY ALL
