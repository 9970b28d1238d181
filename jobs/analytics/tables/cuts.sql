-- one row per partition in the cut of $epoch: from the first offset on, up to before the second
SELECT topic, partition_id AS "partition", incarnation, from_offset, to_offset
FROM epoch_cut WHERE epoch = $epoch ORDER BY topic, partition_id
