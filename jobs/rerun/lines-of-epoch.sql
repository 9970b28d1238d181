-- one row per (account, token, kind, asset): what was settled in $epoch of fees, and what corrections give back; what shares were sold for
-- is no fee, and stands
SELECT account, token, kind, asset, amount
FROM settlement_line
WHERE epoch = $epoch
  AND kind IN ('data', 'retrieval', 'text', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury')
UNION ALL
SELECT account, token, 'refund', asset, amount
FROM rerun_refund
WHERE for_epoch = $epoch
