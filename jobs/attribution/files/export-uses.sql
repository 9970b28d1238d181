-- one row per paid use of the temporary table `event`, in its order
SELECT concat(i.source, '/', i.event_id) AS id, e.fee, i.payer
FROM event AS e JOIN inference AS i USING (inference)
ORDER BY e.event
