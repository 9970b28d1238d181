import type { SparseRows } from '../../../extractors/sparse-rows.ts'
import { Cholesky } from '../../../jobs/attribution/solver/cholesky.ts'
import type { Setting } from '../protocol.ts'
import type { EventRange, Losses } from '../score.ts'

/**
 * Gradients in floats: that of sample i is errors[i] ⊗ inputs[i], with cell class · inputs.size + column. Scores that are
 * bilinear need no pairs: a subset's score for an event is one product with the sum of its members' gradients.
 */
export interface Gradients {
  readonly inputs: SparseRows
  /** Outputs that the errors are of. */
  readonly outputs: number
  /** Samples × outputs. */
  readonly errors: Float64Array
}

/** Subsets × D: sums of the gradients of each subset's members. */
export function subsetSums({ inputs, outputs, errors }: Gradients, subsets: Setting['subsets']): Float64Array {
  const size = inputs.size * outputs
  const sums = new Float64Array(subsets.length * size)
  subsets.forEach((members, subset) => {
    const into = sums.subarray(subset * size, (subset + 1) * size)
    for (const row of members) {
      for (let output = 0; output < outputs; output++) {
        const error = errors[row * outputs + output]!
        const from = output * inputs.size
        for (let at = inputs.starts[row]!, end = inputs.starts[row + 1]!; at < end; at++)
          into[from + inputs.columns[at]!]! += error * inputs.values[at]!
      }
    }
  })
  return sums
}

/** (K + λI)⁻¹ of each row of `sums`. */
export function solveAll(factor: Cholesky, sums: Float64Array, size: number): Float64Array {
  const out = new Float64Array(sums.length)
  for (let from = 0; from < sums.length; from += size)
    out.set(factor.substitute(sums.subarray(from, from + size)), from)
  return out
}

/**
 * Predicted losses: minus the product of an event's gradient with each subset's vector.
 *
 * @param first   row of the event 0
 * @param vectors subsets × D
 */
export function lossesOf(
  { inputs, outputs, errors }: Gradients,
  first: number,
  { from, to }: EventRange,
  vectors: Float64Array,
): Losses {
  const size = inputs.size * outputs
  const subsets = vectors.length / size
  const values = new Float64Array((to - from) * subsets)
  for (let event = from; event < to; event++) {
    const row = first + event
    for (let subset = 0; subset < subsets; subset++) {
      let score = 0
      for (let output = 0; output < outputs; output++) {
        const start = subset * size + output * inputs.size
        let dot = 0
        for (let at = inputs.starts[row]!, end = inputs.starts[row + 1]!; at < end; at++)
          dot += inputs.values[at]! * vectors[start + inputs.columns[at]!]!
        score += errors[row * outputs + output]! * dot
      }
      values[(event - from) * subsets + subset] = -score
    }
  }
  return { events: to - from, subsets, values }
}

/** A curvature whose damping is still open. */
export interface Curvature {
  readonly size: number
  /** D × D; the lower half is filled. */
  readonly matrix: Float64Array
  readonly trace: number
}

export function damped({ matrix, size }: Curvature, lambda: number): Cholesky {
  const sum = matrix.slice()
  for (let i = 0; i < size; i++) sum[i * size + i]! += lambda
  return new Cholesky(sum, size)
}
