-- one row per (epoch, model, token) whose period paid and valued contributions to $asset: their part of what all contributors'
-- scores sum to, and how far below and above it may lie, 90 %. Of an account that contributed to several datasets, what is due
-- to this one by the values of its items that helped. Margins add up, as if all accounts erred alike: at most that wide.
WITH period AS (
  SELECT DISTINCT v.epoch, v.model, v.token
  FROM item_value AS v
  JOIN contribution_batch AS b USING (batch)
  WHERE b.dataset = $asset
),
part AS (
  SELECT
    v.epoch,
    v.model,
    v.token,
    b.account,
    (sum(v.value) FILTER (b.dataset = $asset) / sum(v.value))::DOUBLE AS due
  FROM item_value AS v
  JOIN period USING (epoch, model, token)
  JOIN contribution_batch AS b ON b.batch = v.batch
  WHERE v.value > 0
  GROUP BY v.epoch, v.model, v.token, b.account
)
SELECT
  p.epoch,
  p.model,
  p.token,
  sum(s.share * p.due) AS share,
  sum((s.share - s.share_low) * p.due) AS below,
  sum((s.share_high - s.share) * p.due) AS above
FROM part AS p
JOIN score AS s USING (epoch, model, token, account)
WHERE s.share IS NOT NULL AND p.due IS NOT NULL
GROUP BY p.epoch, p.model, p.token
