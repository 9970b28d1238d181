-- one row per document that has a score; $suffix_vote and $bm25 are the weights in percent
WITH millionth AS (
  SELECT
    document,
    suffix_vote::HUGEINT * 1000000 // greatest(1, sum(suffix_vote) OVER ()) AS suffix_vote,
    bm25::HUGEINT * 1000000 // greatest(1, sum(bm25) OVER ()) AS bm25
  FROM channel
)
SELECT document, ((suffix_vote * $suffix_vote + bm25 * $bm25) // 100)::BIGINT AS score
FROM millionth
WHERE score > 0
ORDER BY document
