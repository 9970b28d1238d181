-- one row per (account, token, model): what adjustments that were accepted in $epoch found, without what
-- disputes took before; model: of data and of refunds, else empty
SELECT
  account,
  token,
  CASE WHEN kind IN ('data', 'refund') THEN asset ELSE '' END AS model,
  sum(delta + forfeited)::HUGEINT AS amount
FROM adjustment_delta
WHERE epoch = $epoch
GROUP BY ALL
ORDER BY ALL
