-- one row per (contribution that was paid although one before it, equal or near to it by what is recorded now, was paid too,
-- epoch that paid it), the earliest such one in `of_…`; needs the temporary table `placed`. Paid: a value above 0 in a period of
-- $model and $token that paid its account. `helped`: the sum of such values of the account in that epoch.
WITH paid AS (
  SELECT
    v.epoch, v.batch, v.item_index, c.account, v.value, s.pay,
    sum(v.value) OVER (PARTITION BY v.epoch, c.account)::HUGEINT AS helped
  FROM item_value AS v
  JOIN contribution AS c USING (batch, item_index)
  JOIN score AS s ON s.epoch = v.epoch AND s.model = v.model AND s.token = v.token AND s.account = c.account
  WHERE v.model = $model AND v.token = $token AND v.value > 0 AND s.pay > 0
),
item AS (
  SELECT DISTINCT p.batch, p.item_index, o.place FROM paid AS p JOIN placed AS o USING (batch, item_index)
),
-- as any feature map's extractor declared it
near AS (
  SELECT greatest(a.place, b.place) AS later, least(a.place, b.place) AS earlier, n.similarity, m.similarity AS measure
  FROM contribution_near AS n
  JOIN feature_map AS m USING (feature_map)
  JOIN item AS a ON n.batch = a.batch AND n.item_index = a.item_index
  JOIN item AS b ON n.near_batch = b.batch AND n.near_index = b.item_index
),
-- with the first of those that are equal: all pairs could be too many
equal AS (
  SELECT
    i.place AS later,
    min(i.place) OVER (PARTITION BY f.feature_map, f.fingerprint) AS earlier,
    1000000 AS similarity,
    'fingerprint/equal@1' AS measure
  FROM item AS i
  JOIN contribution_features AS f USING (batch, item_index)
),
duplicate AS (
  SELECT later, earlier, similarity, measure
  FROM (FROM near UNION ALL FROM equal)
  WHERE earlier < later
  QUALIFY row_number() OVER (PARTITION BY later ORDER BY earlier, similarity DESC, measure) = 1
)
SELECT
  d.later, d.similarity, d.measure,
  p.account, b.batch_id, l.item_index,
  oc.account AS of_account, ob.batch_id AS of_batch_id, o.item_index AS of_item_index,
  p.epoch, p.value, p.pay, p.helped
FROM duplicate AS d
JOIN item AS l ON l.place = d.later
JOIN item AS o ON o.place = d.earlier
JOIN paid AS p ON p.batch = l.batch AND p.item_index = l.item_index
JOIN contribution_batch AS b ON b.batch = l.batch
JOIN contribution_batch AS ob ON ob.batch = o.batch
JOIN contribution AS oc ON oc.batch = o.batch AND oc.item_index = o.item_index
ORDER BY d.later, p.epoch
