-- one row per (model, ancestor), for the models whose fees were funded in $epoch: the share of what is paid upstream for uses of
-- the model that the owners of the ancestor keep, net of what they pass on to its own parents, in units of 10^-36
WITH RECURSIVE paid_model AS (
  SELECT DISTINCT i.model FROM funded AS paid JOIN inference AS i USING (inference) WHERE paid.epoch = $epoch
),
-- by the generation of the ancestor, in units of 10^(-6 generation): every sum below is at most 10^36
gross AS (
  SELECT m.model, e.parent AS ancestor, 1 AS generation, e.parts::HUGEINT AS share
  FROM paid_model AS m
  JOIN asset_parent AS e ON e.asset = m.model
  UNION ALL
  SELECT g.model, e.parent, g.generation + 1, sum(g.share * e.parts)::HUGEINT
  FROM gross AS g
  JOIN asset_parent AS e ON e.asset = g.ancestor
  GROUP BY g.model, e.parent, g.generation
),
passed_on AS (SELECT asset, sum(parts) AS parts FROM asset_parent GROUP BY asset)
SELECT
  g.model,
  g.ancestor,
  sum(
    -- an ancestor of the sixth generation has no parents
    CASE g.generation WHEN 6 THEN g.share ELSE g.share * (1000000 - coalesce(p.parts, 0)) * [
      1000000000000000000000000,
      1000000000000000000,
      1000000000000,
      1000000,
      1
    ][g.generation]::HUGEINT END
  )::HUGEINT AS net
FROM gross AS g
LEFT JOIN passed_on AS p ON p.asset = g.ancestor
GROUP BY g.model, g.ancestor
ORDER BY g.model, g.ancestor
