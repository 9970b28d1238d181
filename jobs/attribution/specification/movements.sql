-- one row per event: M, the most that a unit of its weight adds to all scores together, or takes from them
SELECT event, 1 + greatest(sum(greatest(t, 0)), sum(greatest(-t, 0)))::HUGEINT AS movement
FROM event_score
GROUP BY event
ORDER BY event
