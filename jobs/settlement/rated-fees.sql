-- one row per (payer, token, agent, since, score): the fees funded in $used whose payers rated them above 0; since = the place of
-- the last transfer of the agent in that epoch before the place of the fee, -1 where there is none
WITH rated AS (
  SELECT i.payer, i.token, i.agent, paid.ordinal, paid.fee, o.score
  FROM funded AS paid
  JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $used
  JOIN task_outcome AS o ON o.inference = i.inference
  -- a later close may have gone on before this epoch is settled
  WHERE paid.epoch = $used AND o.epoch <= $epoch AND o.score > 0
),
transfer AS (SELECT DISTINCT asset AS agent, ordinal FROM ownership_change WHERE epoch = $used AND ordinal >= 0)
SELECT r.payer, r.token, r.agent, coalesce(t.ordinal, -1) AS since, r.score, sum(r.fee)::HUGEINT AS fees
FROM rated AS r
ASOF LEFT JOIN transfer AS t ON t.agent = r.agent AND r.ordinal > t.ordinal
GROUP BY ALL
ORDER BY ALL
