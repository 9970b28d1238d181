-- one row per (adjustment, for_epoch, account, token, kind, asset): what the rerun of an adjustment, accepted at ($epoch, $ordinal), has
-- above the lines that stood for each of its epochs $from to $to: those of the last adjustment before it that covers the epoch,
-- else the original ones
INSERT INTO adjustment_delta (adjustment, for_epoch, account, token, kind, asset, delta, epoch)
WITH earlier AS (
  SELECT k.for_epoch, r.rerun
  FROM (SELECT unnest(range($from, $to + 1))::INTEGER AS for_epoch) AS k
  JOIN adjustment AS a ON k.for_epoch BETWEEN a.from_epoch AND a.to_epoch
  JOIN rerun AS r ON r.adjustment = a.adjustment
  WHERE a.epoch < $epoch OR (a.epoch = $epoch AND a.ordinal < $ordinal)
  QUALIFY row_number() OVER (PARTITION BY k.for_epoch ORDER BY a.epoch DESC, a.ordinal DESC) = 1
),
line AS (
  SELECT l.for_epoch, l.account, l.token, l.kind, l.asset, l.amount
  FROM rerun_line AS l
  JOIN rerun AS r ON r.rerun = l.rerun
  WHERE r.adjustment = $adjustment
  UNION ALL
  SELECT l.for_epoch, l.account, l.token, l.kind, l.asset, -l.amount
  FROM rerun_line AS l
  JOIN earlier AS e ON e.rerun = l.rerun AND e.for_epoch = l.for_epoch
  UNION ALL
  SELECT s.epoch, s.account, s.token, s.kind, s.asset, -s.amount
  FROM settlement_line AS s
  ANTI JOIN earlier AS e ON e.for_epoch = s.epoch
  WHERE s.epoch BETWEEN $from AND $to
    AND s.kind IN ('data', 'retrieval', 'text', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury')
)
SELECT $adjustment, for_epoch, account, token, kind, asset, sum(amount)::HUGEINT, $epoch
FROM line
GROUP BY for_epoch, account, token, kind, asset
HAVING sum(amount) <> 0
