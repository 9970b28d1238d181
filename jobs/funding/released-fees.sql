-- one row per held use all of whose missing licences were granted in retrospect; ordinal = the place in $epoch of the last of them
CREATE OR REPLACE TEMP TABLE released_fee AS
WITH held AS (
  SELECT i.inference, i.epoch, i.ordinal, i.payer, i.commercial, i.price_list, i.model, i.agent, o.model_outside, o.agent_outside
  FROM still_held AS h
  JOIN inference AS i USING (inference)
  JOIN use_outside AS o ON o.inference = h.inference
  ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch >= $first) AS e ON e.inference = h.inference
  WHERE i.epoch >= $first AND o.epoch >= $first
),
missing AS (
  SELECT * EXCLUDE (model, agent, model_outside, agent_outside), model AS asset FROM held WHERE model_outside
  UNION ALL
  SELECT * EXCLUDE (model, agent, model_outside, agent_outside), agent AS asset FROM held WHERE agent_outside
),
-- whether it was revoked since does not matter: that counts from then on
granted AS (
  SELECT
    m.inference,
    m.asset,
    min(CASE WHEN l.epoch = $epoch THEN l.ordinal ELSE -1 END) AS ordinal
  FROM missing AS m
  JOIN licence AS l USING (asset)
  -- a later close may have gone on before this epoch is attributed
  WHERE l.epoch <= $epoch
    AND l.covers_from_epoch BETWEEN 1 AND m.epoch
    AND (l.epoch > m.epoch OR (l.epoch = m.epoch AND l.ordinal > m.ordinal))
    AND l.licensee IN (m.payer, '0x0000000000000000000000000000000000000000')
    AND list_contains(l.uses, 'infer')
    AND (NOT m.commercial OR list_contains(l.uses, 'commercial'))
    AND l.price_list IN ('', m.price_list)
  GROUP BY m.inference, m.asset
)
SELECT h.inference, max(g.ordinal) AS ordinal
FROM held AS h
JOIN granted AS g USING (inference)
GROUP BY h.inference, h.model_outside, h.agent_outside
HAVING count(*) = h.model_outside::INTEGER + h.agent_outside::INTEGER
