-- one row per event: |g|₁, which bounds what roundings of ½ do to a product with its gradient
SELECT event, list_sum(list_transform(errors, lambda error: abs(error))) * list_sum(list_transform(b, lambda entry: abs(entry))) AS norm
FROM event
ORDER BY event
