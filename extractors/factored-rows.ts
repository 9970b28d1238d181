import type { FactoredRows } from '../jobs/attribution/rows.ts'
import { quantiseInput, thousandths, unitExponentFor } from './quantise.ts'

/** What a model knows of samples, in floats: the layer's inputs and what comes out of the softmax behind it. */
export interface LayerOutputs {
  readonly rank: number
  readonly classes: number
  /** count × rank. */
  readonly coordinates: Float64Array
  /** count × classes: of the model that serves. */
  readonly probabilities: Float64Array
  /** count × classes for each member of the ensemble; may be none. */
  readonly checkpoints: readonly Float64Array[]
  readonly labels: ArrayLike<number>
}

/** The unit of a feature map over these samples. */
export function unitExponentOf(coordinates: Float64Array): number {
  return unitExponentFor(coordinates.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
}

/** Rows as attribution takes them. @throws FeatureOverflowError, NumericError, as `quantiseInput` */
export function factoredRows(outputs: LayerOutputs, unitExponent: number): FactoredRows {
  const { rank, classes, coordinates, probabilities, checkpoints, labels } = outputs
  const count = labels.length
  const rows = {
    kind: 'factored' as const,
    count,
    rank,
    classes,
    checkpointCount: checkpoints.length,
    factors: new Int8Array(count * rank),
    multipliers: new Uint16Array(count),
    probabilities: Uint16Array.from(thousandths(probabilities)),
    checkpoints: new Uint16Array(count * checkpoints.length * classes),
    labels: Uint16Array.from(labels),
  }
  for (let row = 0; row < count; row++) {
    const { factors, multiplier } = quantiseInput(coordinates.subarray(row * rank, (row + 1) * rank), unitExponent)
    rows.factors.set(factors, row * rank)
    rows.multipliers[row] = multiplier
    checkpoints.forEach((member, index) => {
      const p = thousandths(member.subarray(row * classes, (row + 1) * classes))
      rows.checkpoints.set(p, (row * checkpoints.length + index) * classes)
    })
  }
  return rows
}
