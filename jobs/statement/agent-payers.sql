-- one row per (epoch, payer, token, agent): whose funded fees of that epoch an agent worked for that $account owns a share of
SELECT DISTINCT paid.epoch, i.payer, i.token, i.agent
FROM funded AS paid
JOIN inference AS i USING (inference)
SEMI JOIN (
  SELECT asset FROM ownership_change WHERE account = $account GROUP BY asset HAVING sum(delta) > 0
) AS owned ON owned.asset = i.agent
WHERE paid.epoch BETWEEN $first AND $last
ORDER BY ALL
