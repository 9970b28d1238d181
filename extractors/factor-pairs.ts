import { activate, hiddenErrors, type MlpShape, type MlpWeights, newActivations } from './mlp.ts'
import { quantise, roundHalfEven, unitExponentFor } from './quantise.ts'
import type { SparseRows } from './sparse-rows.ts'

/** One layer's share of each sample's gradient, as a pair of int8 vectors: errors ⊗ inputs. */
export interface FactorPairs {
  readonly inputs: QuantisedRows
  readonly errors: QuantisedRows
}

/** value = factors · multiplier · 2^−unitExponent. */
export interface QuantisedRows {
  readonly count: number
  readonly rank: number
  readonly unitExponent: number
  readonly factors: Int8Array
  readonly multipliers: Uint16Array
}

/** @param values count × rank; a row may be zero */
export function quantiseRows(values: Float64Array, rank: number): QuantisedRows {
  const unitExponent = unitExponentFor(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
  const count = values.length / rank
  const rows = {
    count,
    rank,
    unitExponent,
    factors: new Int8Array(count * rank),
    multipliers: new Uint16Array(count),
  }
  for (let row = 0; row < count; row++) {
    const { factors, multiplier } = quantise(values.subarray(row * rank, (row + 1) * rank), unitExponent)
    rows.factors.set(factors, row * rank)
    rows.multipliers[row] = multiplier
  }
  return rows
}

/** What the int8 rows stand for, count × rank. */
export function restored({ rank, unitExponent, factors, multipliers }: QuantisedRows): Float64Array {
  const unit = 2 ** -unitExponent
  return Float64Array.from(factors, (factor, at) => factor * multipliers[Math.floor(at / rank)]! * unit)
}

/**
 * The pairs of both layers of one checkpoint. The first layer's inputs are the same for all checkpoints and stored once.
 *
 * @param coordinates of the inputs in the map's basis, count × rank, already quantised
 * @param tempering   β: errors are (1 − β)·(p − y) + β·(1/n − y)
 */
export function mlpPairs(
  weights: MlpWeights,
  shape: MlpShape,
  rows: SparseRows,
  labels: ArrayLike<number>,
  coordinates: QuantisedRows,
  tempering = 0,
): readonly [first: FactorPairs, second: FactorPairs] {
  const { hidden, classes } = shape
  const first = new Float64Array(rows.count * hidden)
  const active = new Float64Array(rows.count * (hidden + 1))
  const output = new Float64Array(rows.count * classes)
  const lit = newActivations(shape)
  for (let row = 0; row < rows.count; row++) {
    activate(weights, shape, rows, row, lit)
    active.set(lit.hidden, row * (hidden + 1))
    const errors = output.subarray(row * classes, (row + 1) * classes)
    for (let c = 0; c < classes; c++) {
      const target = c === labels[row] ? 1 : 0
      // To thousandths, as probabilities are recorded.
      const p = roundHalfEven(1000 * lit.probabilities[c]!) / 1000
      errors[c] = (1 - tempering) * (p - target) + tempering * (1 / classes - target)
    }
    hiddenErrors(weights, shape, lit.hidden, errors, first.subarray(row * hidden, (row + 1) * hidden))
  }
  return [
    { inputs: coordinates, errors: quantiseRows(first, hidden) },
    { inputs: quantiseRows(active, hidden + 1), errors: quantiseRows(output, classes) },
  ]
}
