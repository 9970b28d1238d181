-- one row per (epoch, model, token): settled periods of models in which $account has contributions, with how many of them count
SELECT epoch, model, token, items, duplicates, held_back
FROM score
WHERE account = $account AND epoch BETWEEN $first AND $last
ORDER BY epoch, model, token
