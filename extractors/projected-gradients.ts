import type { SparseRows } from './sparse-rows.ts'
import { rademacher } from './split-mix.ts'

/**
 * Gradients errors ⊗ inputs of a linear layer in `rank` random directions: signs of {@link rademacher} over the cells
 * input · outputs + output, scaled by 1/√rank so that lengths are kept on average (Johnson and Lindenstrauss; TRAK).
 *
 * @param errors count × outputs
 * @param seed   of the signs
 * @returns count × rank
 */
export function projectGradients(inputs: SparseRows, errors: Float64Array, rank: number, seed: number): Float64Array {
  const outputs = errors.length / inputs.count
  const signs = rademacher(seed, inputs.size * outputs, rank)
  const out = new Float64Array(inputs.count * rank)
  const sum = new Float64Array(rank)
  const scale = 1 / Math.sqrt(rank)
  for (let row = 0; row < inputs.count; row++) {
    sum.fill(0)
    for (let at = inputs.starts[row]!, end = inputs.starts[row + 1]!; at < end; at++) {
      const cell = inputs.columns[at]! * outputs
      for (let output = 0; output < outputs; output++) {
        const value = inputs.values[at]! * errors[row * outputs + output]!
        const from = (cell + output) * rank
        for (let k = 0; k < rank; k++) sum[k]! += value * signs[from + k]!
      }
    }
    for (let k = 0; k < rank; k++) out[row * rank + k] = sum[k]! * scale
  }
  return out
}
