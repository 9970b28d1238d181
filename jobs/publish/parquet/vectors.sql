-- one row per (model, token) paid in $epoch
SELECT model, token, v, x FROM period WHERE epoch = $epoch AND v IS NOT NULL ORDER BY model, token
