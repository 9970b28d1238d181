-- one row per rating of a use in which $agent worked, the newest first, at most $limit; status: of its fee, null before it is settled
SELECT
  i.source,
  i.event_id AS id,
  o.rater,
  o.score,
  o.epoch,
  i.token,
  i.fee,
  CASE
    WHEN paid.inference IS NOT NULL THEN 'funded'
    WHEN held.inference IS NOT NULL THEN coalesce(ended.became, 'outside')
    ELSE other.status
  END AS status
FROM task_outcome AS o
JOIN inference AS i USING (inference)
LEFT JOIN funded AS paid ON paid.inference = o.inference
LEFT JOIN not_funded AS other ON other.inference = o.inference
LEFT JOIN held_fee AS held ON held.inference = o.inference
LEFT JOIN held_fee_ended AS ended ON ended.inference = o.inference
WHERE i.agent = $agent
ORDER BY o.epoch DESC, o.ordinal DESC
LIMIT $limit
