import type { SparseRows } from './sparse-rows.ts'
import { rademacher } from './split-mix.ts'

/** Outputs whose signs are looked up together: 2^10 sums of a row's errors are 8 KiB, which stay in the nearest cache. */
const OUTPUTS_AT_ONCE = 10

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
  for (let first = 0; first < outputs; first += OUTPUTS_AT_ONCE) {
    const width = Math.min(OUTPUTS_AT_ONCE, outputs - first)
    const patterns = signPatterns(signs, { size: inputs.size, rank, outputs, first, width })
    const sums = new Float64Array(1 << width)
    for (let row = 0; row < inputs.count; row++) {
      signedSums(errors.subarray(row * outputs + first, row * outputs + first + width), sums)
      addRow(out.subarray(row * rank, (row + 1) * rank), inputs, row, patterns, sums)
    }
  }
  const scale = 1 / Math.sqrt(rank)
  return out.map((value) => value * scale)
}

/** For each input and direction the signs of `width` outputs as bits. */
function signPatterns(
  signs: Int8Array,
  { size, rank, outputs, first, width }: Record<'size' | 'rank' | 'outputs' | 'first' | 'width', number>,
): Uint16Array {
  const patterns = new Uint16Array(size * rank)
  for (let input = 0; input < size; input++) {
    for (let bit = 0; bit < width; bit++) {
      const from = (input * outputs + first + bit) * rank
      for (let k = 0; k < rank; k++) if (signs[from + k] === 1) patterns[input * rank + k]! |= 1 << bit
    }
  }
  return patterns
}

/** sums[pattern] = Σ ± errors, + where the pattern has a bit. */
function signedSums(errors: Float64Array, sums: Float64Array): void {
  sums[0] = errors.reduce((sum, error) => sum - error, 0)
  for (let bit = 0; bit < errors.length; bit++) {
    const half = 1 << bit
    for (let pattern = 0; pattern < half; pattern++) sums[half + pattern] = sums[pattern]! + 2 * errors[bit]!
  }
}

function addRow(
  out: Float64Array,
  { starts, columns, values }: SparseRows,
  row: number,
  patterns: Uint16Array,
  sums: Float64Array,
): void {
  const rank = out.length
  for (let at = starts[row]!, end = starts[row + 1]!; at < end; at++) {
    const value = values[at]!
    const from = columns[at]! * rank
    for (let k = 0; k < rank; k++) out[k]! += value * sums[patterns[from + k]!]!
  }
}
