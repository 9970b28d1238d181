-- one row per document that has a score; $suffix_vote and $bm25 are the weights in percent
WITH millionth AS (
  SELECT
    document, contributor,
    suffix_vote::HUGEINT * 1000000 // greatest(1, sum(suffix_vote) OVER ()) AS suffix_vote,
    bm25::HUGEINT * 1000000 // greatest(1, sum(bm25) OVER ()) AS bm25
  FROM channel
),
product AS (
  SELECT document, suffix_vote, suffix_vote * sum(bm25) OVER (PARTITION BY contributor) AS product FROM millionth
),
weighed AS (
  SELECT document, suffix_vote, product * 1000000 // greatest(1, sum(product) OVER ()) AS both_channels FROM product
)
SELECT document, ((suffix_vote * $suffix_vote + both_channels * $bm25) // 100)::BIGINT AS score
FROM weighed
WHERE score > 0
ORDER BY document
