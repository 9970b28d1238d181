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
const ITEM_ERRORS_MAX = 2 * (MODEL_PARTS + UNIFORM_PARTS) * THOUSAND
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
  const uniform = Math.floor(THOUSAND / rows.classes)
  return factoredGradients(
    rows,
    ITEM_ERRORS_MAX,
    (at, onehot) =>
      MODEL_PARTS * ((probabilities ?? rows.probabilities)[at]! - onehot) + UNIFORM_PARTS * (uniform - onehot),
  )
}

/** Paid uses: the error itself. */
export function eventGradients(rows: FeatureRows, probabilities?: ArrayLike<number>): GradientRows {
  if (rows.kind === 'dense') return denseGradients(rows)
  return factoredGradients(rows, EVENT_ERRORS_MAX, (at, onehot) => (probabilities ?? rows.probabilities)[at]! - onehot)
}

function factoredGradients(
  rows: FactoredRows,
  errorSumMax: number,
  errorAt: (at: number, onehot: number) => number,
): GradientRows {
  const { count, rank, classes, factors, multipliers, labels } = rows
  const errors = new Int16Array(count * classes)
  for (let row = 0; row < count; row++) {
    const label = labels[row]!
    for (let c = 0, at = row * classes; c < classes; c++, at++) errors[at] = errorAt(at, c === label ? THOUSAND : 0)
  }
  return { count, rank, classes, factors, multipliers, errors, errorSumMax }
}

function denseGradients(rows: Extract<FeatureRows, { kind: 'dense' }>): GradientRows {
  const { count, rank, factors, multipliers, weights } = rows
  const errors = weights === undefined ? new Int16Array(count).fill(1) : Int16Array.from(weights)
  return { count, rank, classes: 1, factors, multipliers, errors, errorSumMax: weights === undefined ? 1 : THOUSAND }
}
