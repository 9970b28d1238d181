-- the text of the use of $source and $id, when one was accepted, and the last epoch that is closed
SELECT t.text_map, t.tokens, m.salt, i.output_hash, (SELECT max(epoch) FROM epoch WHERE state <> 'open') AS last_epoch
FROM inference AS i
JOIN inference_text AS t USING (inference)
JOIN text_map AS m USING (text_map)
WHERE i.source = $source AND i.event_id = $id
