-- one row per (adjustment, epoch, account, token, kind, asset) that is not 0, of adjustments accepted in $epoch; epoch: the one whose
-- lines it changes
SELECT
  d.adjustment,
  d.for_epoch AS epoch,
  d.account,
  d.token,
  d.kind,
  d.asset,
  d.delta::VARCHAR AS delta,
  d.forfeited::VARCHAR AS forfeited
FROM adjustment_delta AS d
WHERE d.epoch = $epoch
ORDER BY d.adjustment, d.for_epoch, d.account, d.token, d.kind, d.asset
