-- one row per published epoch of which records were erased
SELECT DISTINCT o.epoch
FROM outcome AS o
JOIN record_erased USING (rid)
JOIN epoch AS e ON e.epoch = o.epoch
WHERE e.state IN ('published', 'proposed', 'finalized')
ORDER BY o.epoch
