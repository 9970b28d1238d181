import { bitLength } from '../../integers.ts'
import type { FactoredRows, FeatureRows } from '../rows.ts'

/**
 * Gradients in one form for every kind: row i stands for errors[i] ⊗ factors[i] · multiplier, with cell class · rank + dim.
 * A dense row has one class and error 1.
 */
export interface GradientRows {
  readonly count: number
  readonly rank: number
  readonly classes: number
  /** count × rank, [−63, 63]. */
  readonly factors: Int8Array
  readonly multipliers: Uint16Array
  /** count × classes; |error| ≤ 20,000. */
  readonly errors: Int16Array
  /** Σ|error| of a row is at most this. */
  readonly errorSumMax: number
}

/** Tempering (docs/attribution.md step 3): 18 parts of the error of the model and 2 of the error of knowing nothing. */
const MODEL_PARTS = 18
const UNIFORM_PARTS = 2
const THOUSAND = 1_000
/** 18 · 2,100 + 2 · 2,000, rounded up: 100 rounded probabilities may sum to 1,100. */
const ITEM_ERRORS_MAX = 42_000
/** 2 · 1000, and what 100 rounded probabilities add. */
const EVENT_ERRORS_MAX = 2_100
const FACTOR_MAX = 63
const VECTOR_BITS_MAX = 24

/** Bits of V that keep the projection of an item below 2^53. */
export function vectorBits({ rank, errorSumMax }: GradientRows): number {
  return Math.min(VECTOR_BITS_MAX, 53 - bitLength(BigInt(errorSumMax * FACTOR_MAX * rank)))
}

/** Contributions: the tempered error, which a model that fits its training data too well does not shrink to nothing. */
export function itemGradients(rows: FeatureRows, probabilities?: ArrayLike<number>): GradientRows {
  if (rows.kind === 'dense') return denseGradients(rows)
  const uniform = UNIFORM_PARTS * Math.floor(THOUSAND / rows.classes)
  const parts = { model: MODEL_PARTS, uniform, all: MODEL_PARTS + UNIFORM_PARTS }
  return factoredGradients(rows, probabilities ?? rows.probabilities, parts, ITEM_ERRORS_MAX)
}

/** Paid uses: the error itself. */
export function eventGradients(rows: FeatureRows, probabilities?: ArrayLike<number>): GradientRows {
  if (rows.kind === 'dense') return denseGradients(rows)
  const parts = { model: 1, uniform: 0, all: 1 }
  return factoredGradients(rows, probabilities ?? rows.probabilities, parts, EVENT_ERRORS_MAX)
}

/** errors = model·P + uniform, less 1000·all at the label. Plain loops: a jackknife runs them for every member. */
function factoredGradients(
  rows: FactoredRows,
  probabilities: ArrayLike<number>,
  { model, uniform, all }: { model: number; uniform: number; all: number },
  errorSumMax: number,
): GradientRows {
  const { count, rank, classes, factors, multipliers, labels } = rows
  // Shared: threads read it where it lies.
  const errors = new Int16Array(new SharedArrayBuffer(count * classes * Int16Array.BYTES_PER_ELEMENT))
  for (let at = 0; at < errors.length; at++) errors[at] = model * probabilities[at]! + uniform
  for (let row = 0; row < count; row++)
    if (labels[row]! < classes) errors[row * classes + labels[row]!]! -= THOUSAND * all
  return { count, rank, classes, factors, multipliers, errors, errorSumMax }
}

function denseGradients(rows: Extract<FeatureRows, { kind: 'dense' }>): GradientRows {
  const { count, rank, factors, multipliers, weights } = rows
  const errors = weights === undefined ? new Int16Array(count).fill(1) : Int16Array.from(weights)
  return { count, rank, classes: 1, factors, multipliers, errors, errorSumMax: weights === undefined ? 1 : THOUSAND }
}

/** |g|₁ = Σ|error| · Σ|factor| of each row, multipliers left out: whole numbers below 2^28. */
export function absoluteSums({ count, rank, classes, factors, errors }: GradientRows): Float64Array {
  const sums = new Float64Array(count)
  for (let row = 0; row < count; row++) {
    let factor = 0
    let error = 0
    for (let at = row * rank; at < (row + 1) * rank; at++) factor += Math.abs(factors[at]!)
    for (let at = row * classes; at < (row + 1) * classes; at++) error += Math.abs(errors[at]!)
    sums[row] = factor * error
  }
  return sums
}

/** Some of the rows, in the order given. */
export function pickRows(rows: GradientRows, order: Uint32Array): GradientRows {
  const { rank, classes } = rows
  const factors = new Int8Array(order.length * rank)
  const errors = new Int16Array(order.length * classes)
  for (const [to, from] of order.entries()) {
    factors.set(rows.factors.subarray(from * rank, (from + 1) * rank), to * rank)
    errors.set(rows.errors.subarray(from * classes, (from + 1) * classes), to * classes)
  }
  const multipliers = Uint16Array.from(order, (row) => rows.multipliers[row]!)
  return { ...rows, count: order.length, factors, multipliers, errors }
}
