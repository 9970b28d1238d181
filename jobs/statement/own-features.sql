-- one row per model under whose feature map contributions of $account had features by the end of epoch $to: how many of them count,
-- being neither withdrawn nor ordered to be erased by then
SELECT
  m.model,
  count(*) FILTER (NOT EXISTS (
    SELECT 1 FROM contribution_withdrawn AS w
    WHERE w.batch = c.batch AND (w.item_index IS NULL OR w.item_index = c.item_index) AND w.epoch <= $to
  ) AND NOT EXISTS (
    SELECT 1 FROM contribution_erased AS e
    WHERE e.batch = c.batch AND (e.item_index IS NULL OR e.item_index = c.item_index) AND e.epoch <= $to
  ))::BIGINT AS counting
FROM contribution AS c
JOIN contribution_features AS f ON f.batch = c.batch AND f.item_index = c.item_index AND f.epoch <= $to
JOIN feature_map AS m USING (feature_map)
WHERE c.account = $account
GROUP BY m.model
ORDER BY m.model
