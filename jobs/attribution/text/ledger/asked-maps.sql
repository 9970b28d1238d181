-- one row per text map under which texts of asked uses were accepted up to the cut of $epoch; erased: epoch of the last order of a
-- later epoch by which a text of that map was erased
SELECT m.text_map, (
  SELECT max(order_epoch) FROM record_erased AS e WHERE e.text_map = m.text_map AND e.order_epoch > $epoch
) AS erased
FROM (SELECT DISTINCT t.text_map FROM asked_use JOIN inference_text AS t USING (inference) WHERE t.epoch <= $epoch) AS m
ORDER BY m.text_map
