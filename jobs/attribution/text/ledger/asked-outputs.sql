-- one row per asked use whose text was accepted under $textMap up to the cut of $epoch, from position $from on
SELECT a.position, t.tokens
FROM asked_use AS a
JOIN inference_text AS t USING (inference)
WHERE t.text_map = $textMap AND t.epoch <= $epoch AND a.position >= $from
ORDER BY a.position
LIMIT $most
