import type { DenseRows } from '../jobs/attribution/rows.ts'
import { quantise } from './quantise.ts'

/**
 * Gradients that were projected elsewhere, as attribution takes them. A sample that the model is sure of may round to nothing.
 *
 * @param gradients count × rank
 * @throws FeatureOverflowError
 */
export function denseRows(gradients: Float64Array, rank: number, unitExponent: number): DenseRows {
  const count = gradients.length / rank
  const rows = {
    kind: 'dense' as const,
    count,
    rank,
    factors: new Int8Array(count * rank),
    multipliers: new Uint16Array(count),
  }
  for (let row = 0; row < count; row++) {
    const { factors, multiplier } = quantise(gradients.subarray(row * rank, (row + 1) * rank), unitExponent)
    rows.factors.set(factors, row * rank)
    rows.multipliers[row] = multiplier
  }
  return rows
}
