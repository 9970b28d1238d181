import type { GradientRows } from '../bilinear/gradient-rows.ts'
import { WidthError } from '../errors.ts'
import type { PairQuery, PairSummary } from './kernels.ts'

/** A row of weight 2^21 counts as it is. */
const WEIGHT_BITS = 21n
const FACTOR_MAX = 63
const VECTOR_MAX = 32_768
const ABSOLUTE_LIMIT = 2 ** 63
/** A single score stays exact in float64. */
const SCORE_LIMIT = 2 ** 52

/** @throws WidthError when Σ|score| of an event could reach 2^63 */
export function checkPairs({ count, rank, errorSumMax }: GradientRows): void {
  const most = errorSumMax * FACTOR_MAX * rank * VECTOR_MAX
  if (most >= SCORE_LIMIT || most * count >= ABSOLUTE_LIMIT)
    throw new WidthError({ what: 'Scores of pairs', items: count })
}

/** `scorePairs` in TypeScript: score by score, each event's list sorted as a whole. */
export function plainPairs(rows: GradientRows, query: PairQuery): PairSummary {
  checkPairs(rows)
  const size = rows.rank * rows.classes
  const events = query.vectors.length / size
  const kept = Math.min(query.top, rows.count)
  const summary = emptySummary(events, kept, query.segments)
  for (let event = 0; event < events; event++) {
    const scores = scoresOf(rows, query.vectors.subarray(event * size, (event + 1) * size), query.weights)
    for (const [row, score] of scores.entries()) {
      const value = BigInt(score)
      summary.absolute[event]! += value < 0n ? -value : value
      summary.segments[event * query.segments + query.segmentOf[row]!]! += value
    }
    const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, kept)
    for (const [at, row] of order.entries()) {
      summary.topRows[event * kept + at] = row
      summary.topScores[event * kept + at] = scores[row]!
    }
  }
  return summary
}

export function emptySummary(events: number, kept: number, segments: number): PairSummary {
  return {
    topRows: new Uint32Array(events * kept),
    topScores: new Float64Array(events * kept),
    absolute: new BigInt64Array(events),
    segments: new BigInt64Array(events * segments),
  }
}

function scoresOf({ count, rank, classes, factors, errors }: GradientRows, vector: Int16Array, weights: Uint32Array) {
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0
    for (let c = 0; c < classes; c++) {
      let dot = 0
      for (let j = 0; j < rank; j++) dot += factors[row * rank + j]! * vector[c * rank + j]!
      sum += errors[row * classes + c]! * dot
    }
    return Number((BigInt(sum) * BigInt(weights[row]!)) >> WEIGHT_BITS)
  })
}
