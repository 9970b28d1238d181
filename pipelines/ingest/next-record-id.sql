-- one row: the rid of the next record; every smaller one than that of `uncut` is in a closed epoch, and need not be looked at
WITH closed AS (
  SELECT coalesce(max(first_rid), 1) AS first_rid FROM uncut
)
SELECT greatest(first_rid, coalesce((SELECT max(rid) + 1 FROM record WHERE rid >= (SELECT first_rid FROM closed)), 1)) AS next
FROM closed
