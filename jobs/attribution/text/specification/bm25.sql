-- one row per document that has a score: its own, or with $divided its part of what its contributor's text as a whole has
WITH text AS (
  SELECT 'document' AS kind, document AS text, words FROM document
  UNION ALL
  SELECT 'contributor', contributor, flatten(list(words)) FROM document GROUP BY contributor
),
measured AS (
  SELECT
    kind, text, words,
    (count(*) OVER (PARTITION BY kind))::HUGEINT AS texts,
    300 + 900 * len(words)::HUGEINT * count(*) OVER (PARTITION BY kind)
      // greatest(1, sum(len(words)) OVER (PARTITION BY kind)) AS norm
  FROM text
),
frequency AS (
  SELECT kind, text, word, texts, norm, count(*)::HUGEINT AS frequency
  FROM (SELECT kind, text, texts, norm, unnest(words) AS word FROM measured)
  GROUP BY ALL
),
information AS (
  SELECT *, 2 * texts + 2 AS every, 2 * count(*) OVER (PARTITION BY kind, word) + 1 AS having_it FROM frequency
),
score AS (
  SELECT
    kind, text,
    sum(((every.q16 - having_it.q16)::HUGEINT * frequency * 2200) // (frequency * 1000 + norm)) AS score
  FROM (SELECT unnest(words) AS word FROM output)
  JOIN information USING (word)
  JOIN ilog2 AS every ON every.x = information.every
  JOIN ilog2 AS having_it ON having_it.x = information.having_it
  GROUP BY kind, text
),
both_scores AS (
  SELECT
    document, own.score AS own, whole.score AS whole, sum(own.score) OVER (PARTITION BY contributor) AS owns
  FROM document
  JOIN score AS own ON own.kind = 'document' AND own.text = document
  LEFT JOIN score AS whole ON whole.kind = 'contributor' AND whole.text = contributor
)
SELECT document, (CASE WHEN $divided THEN whole * own // owns ELSE own END)::BIGINT AS score
FROM both_scores
WHERE own > 0 AND score > 0
ORDER BY document
