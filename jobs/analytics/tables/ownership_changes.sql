-- one row per change of an account's parts of an asset in $epoch, in accept order
SELECT asset, account, delta, row_number() OVER (ORDER BY ordinal, account) AS place
FROM ownership_change WHERE epoch = $epoch ORDER BY place
