-- one row per run of $agent, the newest first, at most $limit: how many steps it has, and between which epochs
SELECT run, count(*) AS steps, min(epoch) AS first_epoch, max(epoch) AS last_epoch
FROM agent_step
WHERE agent = $agent
GROUP BY run
ORDER BY max(epoch) DESC, max(ordinal) DESC
LIMIT $limit
