-- one row per inference of $epoch after $after in accept order, at most $page
SELECT ordinal, inference, payer, token, model, fee, voucher
FROM inference
WHERE epoch = $epoch AND ordinal > $after
ORDER BY ordinal
LIMIT $page
