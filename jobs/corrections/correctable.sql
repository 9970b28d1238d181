-- one row per accepted inference of the id $id: the fee that stands by now, and whether it is void
SELECT
  i.source,
  i.model,
  i.token,
  i.fee AS recorded,
  coalesce(min(c.fee), i.fee)::HUGEINT AS fee,
  coalesce(bool_or(c.kind = 'void'), false) AS is_void
FROM inference AS i
LEFT JOIN correction AS c USING (inference)
WHERE i.event_id = $id
GROUP BY i.source, i.model, i.token, i.fee
ORDER BY i.source
