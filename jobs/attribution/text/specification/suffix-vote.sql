-- one row per document that has a score
WITH RECURSIVE output_gram AS (
  SELECT last, length, words[last - length + 1 : last] AS gram
  FROM (SELECT words, unnest(range(1, len(words) + 1)) AS last FROM output), range(1, 6) AS lengths(length)
  WHERE length <= last
),
document_gram AS (
  SELECT document, contributor, words[last - length + 1 : last] AS gram, count(*) AS places
  FROM (SELECT document, contributor, words, unnest(range(1, len(words) + 1)) AS last FROM document), range(1, 6) AS lengths(length)
  WHERE length <= last
  GROUP BY ALL
),
gram AS (
  SELECT last, length, coalesce(sum(places), 0)::HUGEINT AS places
  FROM output_gram LEFT JOIN document_gram USING (gram)
  GROUP BY last, length
),
context AS (
  SELECT whole.last, whole.length, whole.places, before.places + 1024 AS context
  FROM gram AS whole JOIN gram AS before ON before.last = whole.last - 1 AND before.length = whole.length - 1
),
chain(last, length, chain) AS (
  SELECT last, max(length), 16777216::HUGEINT FROM context GROUP BY last
  UNION ALL
  SELECT last, length - 1, chain * 1024 // context FROM chain JOIN context USING (last, length) WHERE length > 2
),
part AS (
  SELECT last, length, places, chain * places // context AS part, sum(chain * places // context) OVER (PARTITION BY last) AS parts
  FROM chain JOIN context USING (last, length)
),
surprisal AS (
  SELECT last, whole.q16 - word.q16 AS surprisal
  FROM gram
  JOIN ilog2 AS word ON word.x = places
  JOIN ilog2 AS whole ON whole.x = (SELECT sum(len(words)) FROM document)
  WHERE length = 1
),
-- what is left of the chain behind the runs of two tokens, for the token alone
token AS (
  SELECT last, chain * 1024 // context.context * gram.places // total AS alone
  FROM chain
  JOIN context USING (last, length)
  JOIN gram USING (last)
  CROSS JOIN (SELECT sum(len(words))::HUGEINT AS total FROM document)
  WHERE length = 2 AND gram.length = 1
),
credit AS (
  SELECT last, length, surprisal * part // (parts + alone) AS credit
  FROM part JOIN surprisal USING (last) JOIN token USING (last)
  WHERE places BETWEEN 1 AND 10 AND parts + alone > 0
),
found AS (
  SELECT
    credit.*, document, places,
    sum(places) OVER (PARTITION BY last, length, contributor)::HUGEINT AS of_contributor,
    (dense_rank() OVER (PARTITION BY last, length ORDER BY contributor)
      + dense_rank() OVER (PARTITION BY last, length ORDER BY contributor DESC) - 1)::HUGEINT AS contributors
  FROM credit JOIN output_gram USING (last, length) JOIN document_gram USING (gram)
)
SELECT document, sum((credit // contributors) * places // of_contributor)::BIGINT AS score
FROM found
GROUP BY document
HAVING score > 0
ORDER BY document
