-- what the features and texts of the items of `to_erase` said, of themselves and of others that are near
DELETE FROM contribution_text AS f
WHERE EXISTS (SELECT 1 FROM to_erase AS t WHERE t.batch = f.batch AND t.item_index = f.item_index);
DELETE FROM contribution_features AS f
WHERE EXISTS (SELECT 1 FROM to_erase AS t WHERE t.batch = f.batch AND t.item_index = f.item_index);
DELETE FROM contribution_near AS n
WHERE EXISTS (SELECT 1 FROM to_erase AS t WHERE t.batch = n.batch AND t.item_index = n.item_index)
