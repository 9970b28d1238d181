-- one row per (model, token) of which features took uses in $epoch
SELECT DISTINCT model, token FROM channel_use WHERE epoch = $epoch AND channel = 'features'
