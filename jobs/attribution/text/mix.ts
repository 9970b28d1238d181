import { addScore, mulDiv, type Scores } from './arithmetic.ts'
import type { ContributorOf } from './suffix-vote.ts'

/** What each channel's scores of an output come to together. */
const WHOLE = 1_000_000
const PERCENT = 100

/** In whole percent, 100 together. */
export interface Weights {
  readonly suffixVote: number
  readonly bm25: number
}

/** Neither channel is better everywhere: docs/text.md. */
export const DEFAULT_WEIGHTS: Weights = { suffixVote: 50, bm25: 50 }

/**
 * Suffix-vote and BM25, both in millionths of their sums. BM25 gives nothing by itself: it weighs what suffix-vote gives. A text of many
 * words has some of every output's, and by BM25 alone ten names would get ten times as much for that.
 *
 * @param contributorOf whose BM25 weighs a document; undefined: its own
 */
export function mixed(
  suffixVote: Scores,
  bm25: Scores,
  weights: Weights = DEFAULT_WEIGHTS,
  contributorOf: ContributorOf = undefined,
): Scores {
  const votes = inMillionths(suffixVote)
  const words = inMillionths(bm25)
  const wordsOf: Scores = new Map()
  const ownerOf = contributorOf ?? ((document: number) => document)
  for (const [document, word] of words) addScore(wordsOf, ownerOf(document), word)
  const products: Scores = new Map()
  for (const [document, vote] of votes) addScore(products, document, vote * (wordsOf.get(ownerOf(document)) ?? 0))
  const weighed = inMillionths(products)
  const scores: Scores = new Map()
  for (const [document, vote] of votes) {
    const both = weighed.get(document) ?? 0
    addScore(scores, document, Math.floor((vote * weights.suffixVote + both * weights.bm25) / PERCENT))
  }
  return scores
}

/** Rounded down. Products of two stay below 10^12, and so does their sum. */
function inMillionths(scores: Scores): Scores {
  let sum = 0
  for (const score of scores.values()) sum += score
  const parts: Scores = new Map()
  for (const [document, score] of scores) addScore(parts, document, mulDiv(score, WHOLE, sum))
  return parts
}
