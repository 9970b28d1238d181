-- one row per leaf with a position above $after and up to $until, in order
SELECT * FROM leaf_order WHERE position > $after AND position <= $until ORDER BY position
