-- one row per (model, token, account) that contributed to $asset, of the newest period that paid, the $top largest shares first
WITH newest AS (
  SELECT model, token, max(epoch) AS epoch FROM score WHERE share IS NOT NULL GROUP BY model, token
)
SELECT s.epoch, s.model, s.token, s.account, s.share_low, s.share, s.share_high
FROM score AS s
JOIN newest USING (model, token, epoch)
WHERE s.share IS NOT NULL
  AND s.account IN (SELECT account FROM contribution_batch WHERE dataset = $asset)
ORDER BY s.share DESC, s.account, s.model, s.token
LIMIT $top
