-- one row: contributions of $account by the end of epoch $to, how many of them are withdrawn, and how many ordered to be erased
WITH own AS (
  SELECT
    EXISTS (
      SELECT 1 FROM contribution_withdrawn AS w
      WHERE w.batch = c.batch AND (w.item_index IS NULL OR w.item_index = c.item_index) AND w.epoch <= $to
    ) AS is_withdrawn,
    EXISTS (
      SELECT 1 FROM contribution_erased AS e
      WHERE e.batch = c.batch AND (e.item_index IS NULL OR e.item_index = c.item_index) AND e.epoch <= $to
    ) AS is_erased
  FROM contribution AS c
  JOIN contribution_batch AS b ON b.batch = c.batch AND b.epoch <= $to
  WHERE c.account = $account
)
SELECT count(*) AS items, count(*) FILTER (is_withdrawn) AS withdrawn, count(*) FILTER (is_erased) AS erased FROM own
