-- one row per (payer, price list, unit) asked for of which something was used in closed epochs
SELECT payer, price_list, unit, quantity
FROM used_quantity
SEMI JOIN (SELECT unnest($payers) AS payer, unnest($lists) AS price_list, unnest($units) AS unit)
USING (payer, price_list, unit)
