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
}

/** Tempering (docs/attribution.md step 3): 18 parts of the error of the model and 2 of the error of knowing nothing. */
const MODEL_PARTS = 18
const UNIFORM_PARTS = 2
const THOUSAND = 1_000
const FACTOR_MAX = 63
const VECTOR_BITS_MAX = 24

/** Bits of V that keep the projection of an item below 2^53: Σ|error| is at most 40,000, |factor| at most 63. */
export function vectorBits({ rank, classes }: GradientRows): number {
  const errors = classes === 1 ? 1 : 2 * (MODEL_PARTS + UNIFORM_PARTS) * THOUSAND
  return Math.min(VECTOR_BITS_MAX, 53 - bitLength(BigInt(errors * FACTOR_MAX * rank)))
}

/** Contributions: the tempered error, which a model that fits its training data too well does not shrink to nothing. */
export function itemGradients(rows: FeatureRows, probabilities?: ArrayLike<number>): GradientRows {
  if (rows.kind === 'dense') return denseGradients(rows)
  const uniform = Math.floor(THOUSAND / rows.classes)
  return factoredGradients(
    rows,
    (at, onehot) =>
      MODEL_PARTS * ((probabilities ?? rows.probabilities)[at]! - onehot) + UNIFORM_PARTS * (uniform - onehot),
  )
}

/** Paid uses: the error itself. */
export function eventGradients(rows: FeatureRows, probabilities?: ArrayLike<number>): GradientRows {
  if (rows.kind === 'dense') return denseGradients(rows)
  return factoredGradients(rows, (at, onehot) => (probabilities ?? rows.probabilities)[at]! - onehot)
}

function factoredGradients(rows: FactoredRows, errorAt: (at: number, onehot: number) => number): GradientRows {
  const { count, rank, classes, factors, multipliers, labels } = rows
  const errors = new Int16Array(count * classes)
  for (let row = 0; row < count; row++) {
    const label = labels[row]!
    for (let c = 0, at = row * classes; c < classes; c++, at++) errors[at] = errorAt(at, c === label ? THOUSAND : 0)
  }
  return { count, rank, classes, factors, multipliers, errors }
}

function denseGradients(rows: Extract<FeatureRows, { kind: 'dense' }>): GradientRows {
  const { count, rank, factors, multipliers } = rows
  return { count, rank, classes: 1, factors, multipliers, errors: new Int16Array(count).fill(1) }
}
