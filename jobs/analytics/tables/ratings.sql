-- one row per rating of an agent's work accepted in $epoch; score: 0 to 1,000
SELECT i.source, i.event_id AS id, i.agent, i.model, o.rater, o.score
FROM task_outcome AS o
JOIN inference AS i ON i.inference = o.inference AND i.epoch BETWEEN $firstUse AND $epoch
WHERE o.epoch = $epoch
ORDER BY o.ordinal
