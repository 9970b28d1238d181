-- one row per (account, bucket of events): the part of s that the bucket brings
SELECT account, (event % 10)::INTEGER AS bucket, sum(m * t)::HUGEINT AS s
FROM event_weight
JOIN event_score USING (event)
GROUP BY account, bucket
ORDER BY account, bucket
