-- one row per held use all of whose missing licences were granted, or bought, in retrospect; ordinal = the place in $epoch of the
-- last of them
CREATE OR REPLACE TEMP TABLE released_fee AS
WITH held AS (
  SELECT i.inference, i.epoch, i.ordinal, i.payer, i.commercial, i.price_list, i.model, i.agent, o.model_outside, o.agent_outside, o.effective_ms
  FROM still_held AS h
  JOIN inference AS i USING (inference)
  JOIN use_outside AS o ON o.inference = h.inference
  ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch >= $first) AS e ON e.inference = h.inference
  WHERE i.epoch >= $first AND o.epoch >= $first
),
missing AS (
  SELECT * EXCLUDE (model, agent, model_outside, agent_outside), model AS asset, 'infer' AS used_as FROM held WHERE model_outside
  UNION ALL
  SELECT * EXCLUDE (model, agent, model_outside, agent_outside), agent AS asset, 'infer' FROM held WHERE agent_outside
  UNION ALL
  SELECT h.* EXCLUDE (model, agent, model_outside, agent_outside), d.dataset AS asset, 'retrieve'
  FROM held AS h
  JOIN use_outside_dataset AS d ON d.inference = h.inference AND d.epoch >= $first
),
-- whether it was revoked since does not matter: that counts from then on
given AS (
  SELECT asset, licensee, uses, price_list, covers_from_epoch, NULL AS from_ms, NULL AS until_ms, epoch, ordinal FROM licence
  UNION ALL
  SELECT asset, licensee, uses, price_list, covers_from_epoch, from_ms, until_ms, epoch, ordinal FROM bought_licence
),
granted AS (
  SELECT
    m.inference,
    m.asset,
    min(CASE WHEN l.epoch = $epoch AND (m.epoch < $epoch OR l.ordinal > m.ordinal) THEN l.ordinal ELSE -1 END) AS ordinal
  FROM missing AS m
  JOIN given AS l USING (asset)
  -- a later close may have gone on before this epoch is attributed
  WHERE l.epoch <= $epoch
    AND (
      (
        l.covers_from_epoch BETWEEN 1 AND m.epoch
        AND (l.epoch > m.epoch OR (l.epoch = m.epoch AND l.ordinal > m.ordinal))
      )
      -- bought before the use, in its epoch: close did not know that it would be paid
      OR (
        l.epoch = m.epoch AND l.ordinal < m.ordinal
        AND l.from_ms <= m.effective_ms AND (l.until_ms = 0 OR m.effective_ms < l.until_ms)
      )
    )
    AND l.licensee IN (m.payer, '0x0000000000000000000000000000000000000000')
    AND list_contains(l.uses, m.used_as)
    AND (NOT m.commercial OR list_contains(l.uses, 'commercial'))
    AND l.price_list IN ('', m.price_list)
  GROUP BY m.inference, m.asset
)
SELECT g.inference, max(g.ordinal) AS ordinal
FROM granted AS g
JOIN (SELECT inference, count(*) AS assets FROM missing GROUP BY inference) AS m USING (inference)
GROUP BY g.inference, m.assets
HAVING count(*) = m.assets
