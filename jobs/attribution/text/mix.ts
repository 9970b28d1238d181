import { mulDiv, type Scores } from './arithmetic.ts'

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

/** Each channel in millionths of its sum, rounded down, then both by their weights. */
export function mixed(suffixVote: Scores, bm25: Scores, weights: Weights = DEFAULT_WEIGHTS): Scores {
  const scores: Scores = new Map()
  const [voteSum, bm25Sum] = [sumOf(suffixVote), sumOf(bm25)]
  for (const document of new Set([...suffixVote.keys(), ...bm25.keys()])) {
    const vote = mulDiv(suffixVote.get(document) ?? 0, WHOLE, voteSum)
    const word = mulDiv(bm25.get(document) ?? 0, WHOLE, bm25Sum)
    const score = Math.floor((vote * weights.suffixVote + word * weights.bm25) / PERCENT)
    if (score > 0) scores.set(document, score)
  }
  return scores
}

/** 1 for none, so that it divides. */
function sumOf(scores: Scores): number {
  let sum = 0
  for (const score of scores.values()) sum += score
  return Math.max(1, sum)
}
