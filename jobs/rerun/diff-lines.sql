-- one row per (epoch, account, token, kind, asset) of the epochs of $rerun: the lines that stand, and those of the rerun
WITH wanted AS (SELECT * FROM rerun WHERE rerun = $rerun),
-- what stands for the rerun of an adjustment is what stood before it
earlier AS (
  SELECT k.for_epoch, r.rerun
  FROM (SELECT unnest(range(from_epoch, to_epoch + 1))::INTEGER AS for_epoch FROM wanted) AS k
  JOIN adjustment AS a ON k.for_epoch BETWEEN a.from_epoch AND a.to_epoch
  JOIN rerun AS r ON r.adjustment = a.adjustment
  CROSS JOIN (
    SELECT max(own.epoch) AS epoch, max(own.ordinal) AS ordinal
    FROM wanted AS w LEFT JOIN adjustment AS own ON own.adjustment = w.adjustment
  ) AS own
  WHERE own.epoch IS NULL OR a.epoch < own.epoch OR (a.epoch = own.epoch AND a.ordinal < own.ordinal)
  QUALIFY row_number() OVER (PARTITION BY k.for_epoch ORDER BY a.epoch DESC, a.ordinal DESC) = 1
),
line AS (
  SELECT l.for_epoch, l.account, l.token, l.kind, l.asset, 0::HUGEINT AS before, l.amount AS after
  FROM rerun_line AS l
  WHERE l.rerun = $rerun
  UNION ALL
  SELECT l.for_epoch, l.account, l.token, l.kind, l.asset, l.amount, 0
  FROM rerun_line AS l
  JOIN earlier AS e ON e.rerun = l.rerun AND e.for_epoch = l.for_epoch
  UNION ALL
  SELECT s.epoch, s.account, s.token, s.kind, s.asset, s.amount, 0
  FROM settlement_line AS s
  JOIN wanted AS w ON s.epoch BETWEEN w.from_epoch AND w.done_to
  ANTI JOIN earlier AS e ON e.for_epoch = s.epoch
  WHERE s.kind IN ('data', 'retrieval', 'text', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury')
)
SELECT for_epoch AS epoch, account, token, kind, asset, sum(before)::HUGEINT AS before, sum(after)::HUGEINT AS after
FROM line
GROUP BY ALL
ORDER BY ALL
