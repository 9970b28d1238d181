-- one row per topic with letters that were not sent: how many
SELECT l.topic, count(*)::INTEGER AS waiting
FROM dead_letter AS l
ANTI JOIN dead_letter_sent AS s USING (rid)
GROUP BY l.topic
ORDER BY l.topic
