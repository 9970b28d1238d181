-- one row per (account, token): what owners of $agent were paid for contributions of theirs that were retrieved; elsewhere: some of these
-- stand in a dataset of which no owner of the agent owns anything
WITH owner AS (
  SELECT account FROM ownership_change WHERE asset = $agent GROUP BY account HAVING sum(delta) > 0
),
memory AS (
  SELECT o.asset
  FROM ownership_change AS o
  SEMI JOIN owner ON owner.account = o.account
  GROUP BY o.asset
  HAVING sum(o.delta) > 0
),
elsewhere AS (
  SELECT DISTINCT b.account
  FROM retrieved_item AS i
  JOIN contribution_batch AS b ON b.batch = i.batch AND i.item_index < b.items
  SEMI JOIN owner ON owner.account = b.account
  SEMI JOIN funded AS paid ON paid.inference = i.inference
  WHERE b.dataset NOT IN (SELECT asset FROM memory)
)
SELECT l.account, l.token, sum(l.amount)::HUGEINT AS amount, l.account IN (SELECT account FROM elsewhere) AS elsewhere
FROM settlement_line AS l
SEMI JOIN owner ON owner.account = l.account
WHERE l.kind = 'retrieval'
GROUP BY l.account, l.token
ORDER BY l.account, l.token
