-- one row per leaf of $epoch, by index
SELECT leaf_index, leaf_hash FROM outcome WHERE epoch = $epoch ORDER BY leaf_index
