-- one row per (model, token, account) scored in $epoch
SELECT model, token, account, items, duplicates, s::VARCHAR AS s, pay::VARCHAR AS pay, held_back::VARCHAR AS held_back
FROM score WHERE epoch = $epoch ORDER BY model, token, account
