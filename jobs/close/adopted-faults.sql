-- one row per reason why `published_cut` of $epoch with time $time cannot be used; `missing`: not yet, the log has to be read
-- further; $first: no record with a smaller rid is uncut
WITH cut AS (
  SELECT * FROM published_cut
),
previous AS (
  SELECT topic, partition_id, max(to_offset) AS to_offset FROM epoch_cut WHERE epoch < $epoch GROUP BY topic, partition_id
)
SELECT concat('it cuts ', topic, '/', partition_id, ' twice') AS fault, false AS missing
FROM cut GROUP BY topic, partition_id HAVING count(*) > 1
UNION ALL
SELECT concat('it leaves ', p.topic, '/', p.partition_id, ' out'), false
FROM previous AS p ANTI JOIN cut USING (topic, partition_id)
UNION ALL
SELECT concat('it begins ', c.topic, '/', c.partition_id, ' at ', c.from_offset, ', the last epoch ended at ', p.to_offset), false
FROM cut AS c JOIN previous AS p USING (topic, partition_id) WHERE c.from_offset <> p.to_offset
UNION ALL
SELECT concat('it begins ', c.topic, '/', c.partition_id, ' at ', c.from_offset, ', although no epoch holds what is before'), false
FROM cut AS c ANTI JOIN previous USING (topic, partition_id) WHERE c.from_offset <> 0
UNION ALL
SELECT concat('its time ', $time::BIGINT, ' is before that of the last epoch, ', max(cut_time_ms)), false
FROM epoch WHERE epoch < $epoch HAVING max(cut_time_ms) > $time
UNION ALL
SELECT concat('it ends ', topic, '/', partition_id, ' before it begins'), false FROM cut WHERE to_offset < from_offset
UNION ALL
SELECT concat('it reads another incarnation of ', c.topic, '/', c.partition_id), false
FROM cut AS c JOIN read_position AS r USING (topic, partition_id) WHERE c.incarnation <> r.incarnation
UNION ALL
SELECT concat('it holds ', r.topic, '/', r.partition_id, '@', min(r.record_offset), ', which is not earlier than its time'), false
FROM cut AS c JOIN record AS r USING (topic, partition_id)
WHERE r.rid >= $first::BIGINT AND r.record_offset >= c.from_offset AND r.record_offset < c.to_offset AND r.effective_ms >= $time
GROUP BY r.topic, r.partition_id
UNION ALL
SELECT concat('It ends ', c.topic, '/', c.partition_id, ' at ', c.to_offset, '; stored are ', coalesce(r.next_offset, 0), '.'), true
FROM cut AS c LEFT JOIN read_position AS r USING (topic, partition_id)
WHERE c.to_offset > coalesce(r.next_offset, c.from_offset)
ORDER BY missing, fault
