-- one row per (model, token) solved in $epoch
SELECT model, token, v, x FROM period WHERE epoch = $epoch AND v IS NOT NULL ORDER BY model, token
