-- one row: uses in which $agent worked, those that were rated, and the mean of their scores
SELECT count(*) AS uses, count(o.score) AS rated, avg(o.score) AS mean_score
FROM inference AS i
LEFT JOIN task_outcome AS o USING (inference)
WHERE i.agent = $agent
