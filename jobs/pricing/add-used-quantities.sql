-- adds what the uses accepted in $epoch used of units whose price depends on it
MERGE INTO used_quantity
USING (
  SELECT i.payer, i.price_list, u.unit, sum(u.quantity)::HUGEINT AS quantity
  FROM inference_unit AS u
  JOIN inference AS i USING (inference)
  SEMI JOIN (SELECT price_list, unit FROM price_rule WHERE from_quantity > 0) AS tiered
    ON tiered.price_list = i.price_list AND tiered.unit = u.unit
  WHERE u.epoch = $epoch AND i.epoch = $epoch
  GROUP BY ALL
) AS used
USING (payer, price_list, unit)
WHEN MATCHED THEN UPDATE SET quantity = used_quantity.quantity + used.quantity
WHEN NOT MATCHED THEN INSERT VALUES (used.payer, used.price_list, used.unit, used.quantity)
