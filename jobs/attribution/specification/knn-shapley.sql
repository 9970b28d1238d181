-- one row per (event, item): the Shapley value of the item for the vote of the $neighbours nearest, in 2^-30;
-- `labelled_item (item, label, z BIGINT[])` and `labelled_event (event, label, z BIGINT[])` with z = (a * ua) >> 4
WITH distance AS (
  SELECT
    e.event, i.item, (i.label = e.label)::BIGINT AS matches,
    list_sum(list_transform(list_zip(i.z, e.z), lambda pair: (pair[1] - pair[2]) * (pair[1] - pair[2])))::HUGEINT AS distance
  FROM labelled_event AS e, labelled_item AS i
),
placed AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY event ORDER BY distance, item) AS place,
    count(*) OVER (PARTITION BY event) AS items
  FROM distance
),
step AS (
  SELECT
    event, item, place, items,
    CASE
      WHEN place = items THEN matches * (1073741824 // greatest(items, $neighbours))
      ELSE (matches - lead(matches) OVER (PARTITION BY event ORDER BY place))
        * ((1073741824 * least($neighbours, place)) // ($neighbours * place))
    END AS step
  FROM placed
)
SELECT event, item, sum(step) OVER (PARTITION BY event ORDER BY place DESC)::BIGINT AS score
FROM step
ORDER BY event, item
