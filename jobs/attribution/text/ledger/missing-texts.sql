-- one row per text under $textMap of an item in `missing_text`, by its position there
SELECT m.position, t.tokens
FROM missing_text AS m
JOIN contribution_text AS t USING (batch, item_index)
WHERE t.text_map = $textMap
ORDER BY m.position
