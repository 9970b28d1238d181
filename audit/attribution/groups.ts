import type { Gradients } from './gradients.ts'

/** Items of one account, kept or withdrawn, that stand together in the rows. */
export interface Group {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/** A gradient's entry is below 2^41: so many of them stay below 2^53. */
const ROWS_BETWEEN_FLUSHES = 4_096

/** Ψ of a group: the exact sum of err ⊗ a·u over its items. */
export function psiOf(gradients: Gradients, multipliers: Float64Array, { first, end }: Group): bigint[] {
  const { rank, classes, errors, vectors } = gradients
  const exact: bigint[] = new Array(rank * classes).fill(0n)
  const partial = new Float64Array(exact.length)
  for (let start = first; start < end; start += ROWS_BETWEEN_FLUSHES) {
    for (let row = start; row < Math.min(end, start + ROWS_BETWEEN_FLUSHES); row++) {
      for (let c = 0; c < classes; c++) {
        const scale = errors[row * classes + c]! * multipliers[row]!
        for (let j = 0; j < rank; j++) partial[c * rank + j]! += scale * vectors[row * rank + j]!
      }
    }
    for (const [cell, value] of partial.entries()) exact[cell]! += BigInt(value)
    partial.fill(0)
  }
  return exact
}
