-- one row per use of which $channel divides the data part in $epoch, or the part that every retrieval gets, in the order of their ids; n
-- from 0; parts: of 10^12 of its fee, what it brings
CREATE OR REPLACE TEMP TABLE brought AS
WITH rule AS (
  SELECT epoch, data_parts, retrieval_parts, retrieval_rule FROM data_chain WHERE model = ''
),
part AS (
  SELECT
    t.inference,
    t.model,
    t.token,
    t.fee,
    rule.retrieval_rule,
    rule.data_parts::BIGINT * (CASE WHEN t.retrieved THEN 1000000 - rule.retrieval_parts ELSE 1000000 END) AS parts
  FROM channel_use AS t
  JOIN rule ON rule.epoch = t.funded_epoch
  WHERE t.epoch = $epoch AND t.channel = $channel
  UNION ALL
  SELECT i.inference, i.model, i.token, paid.fee, rule.retrieval_rule, rule.data_parts::BIGINT * rule.retrieval_parts
  FROM funded AS paid
  JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch AND i.retrieved > 0
  JOIN rule ON rule.epoch = paid.epoch AND rule.retrieval_parts > 0
  WHERE paid.epoch = $epoch AND $channel = 'retrieval'
)
SELECT row_number() OVER (ORDER BY inference) - 1 AS n, *
FROM (SELECT inference, model, token, fee, retrieval_rule, sum(parts)::BIGINT AS parts FROM part GROUP BY ALL)
