-- one row per (model, token, account) scored in $epoch; the share is of all that helped, with its 90 % interval
SELECT
  model, token, account, items, duplicates, s::DECIMAL(38, 0) AS score, pay::DECIMAL(38, 0) AS pay,
  held_back::DECIMAL(38, 0) AS held_back, share_low, share, share_high
FROM score WHERE epoch = $epoch ORDER BY model, token, account
