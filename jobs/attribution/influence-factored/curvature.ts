import { WidthError } from '../errors.ts'
import type { ItemMatrix } from './item-matrix.ts'

const ENTRY_LIMIT = 2 ** 53
/** |w·diag − P8·P8ᵀ| ≤ 2^16 + small, ah² < 2^22: an item adds less than 2^38.1 to an entry. */
const ITEM_BOUND = 2 ** 38.1

/**
 * K of docs/attribution.md step 1 as whole numbers in float64, size × size with index class · rank + dim: the fast path of
 * curvature.sql, which is its specification (a test holds them equal). O(items · classes² · rank² / 4).
 *
 * @throws WidthError when the sum could leave the integers that float64 holds exactly
 */
export function curvature(items: ItemMatrix): Float64Array {
  const { count, rank, classes } = items
  if (count * ITEM_BOUND >= ENTRY_LIMIT) throw new WidthError({ what: 'curvature', items: count })
  const size = rank * classes
  const k = new Float64Array(size * size)
  const scaled = scaledInputs(items)
  const weights = new Float64Array(count)
  const p8 = eighths(items)
  for (let c = 0; c < classes; c++) {
    for (let d = c; d < classes; d++) {
      for (let i = 0; i < count; i++) {
        const pc = p8.values[i * classes + c]!
        weights[i] = (c === d ? p8.sums[i]! * pc : 0) - pc * p8.values[i * classes + d]!
      }
      addBlock(k, size, c * rank, d * rank, weights, scaled, rank)
    }
  }
  mirror(k, size)
  return k
}

/** ah by columns: entry dim · count + item, so that the sum over items runs along memory. */
function scaledInputs(items: ItemMatrix): Float64Array {
  const { count, rank } = items
  const scaled = new Float64Array(rank * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < rank; j++) scaled[j * count + i] = (items.a[i * rank + j]! * items.ua[i]!) >> 11
  }
  return scaled
}

function eighths(items: ItemMatrix): { values: Float64Array; sums: Float64Array } {
  const values = new Float64Array(items.count * items.classes)
  const sums = new Float64Array(items.count)
  for (let at = 0; at < values.length; at++) {
    const value = Math.floor((256 * items.p[at]! + 500) / 1000)
    values[at] = value
    sums[Math.floor(at / items.classes)]! += value
  }
  return { values, sums }
}

/** Adds Σ_i weight_i · ah_i ah_iᵀ into the block at (row, column), upper half; the order does not matter: all sums are exact. */
function addBlock(
  k: Float64Array,
  size: number,
  row: number,
  column: number,
  weights: Float64Array,
  scaled: Float64Array,
  rank: number,
): void {
  const count = weights.length
  const weighted = new Float64Array(count)
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < count; i++) weighted[i] = weights[i]! * scaled[j * count + i]!
    for (let l = j; l < rank; l++) {
      const at = l * count
      let even = 0
      let odd = 0
      let i = 0
      for (; i + 1 < count; i += 2) {
        even += weighted[i]! * scaled[at + i]!
        odd += weighted[i + 1]! * scaled[at + i + 1]!
      }
      if (i < count) even += weighted[i]! * scaled[at + i]!
      const sum = even + odd
      k[(row + j) * size + column + l] = sum
      k[(row + l) * size + column + j] = sum
    }
  }
}

function mirror(k: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) k[i * size + j] = k[j * size + i]!
}

/** λ = max(1, ⌊3·tr K / (10·D)⌋). */
export function damping(k: Float64Array, size: number): bigint {
  let trace = 0n
  for (let i = 0; i < size; i++) trace += BigInt(k[i * size + i]!)
  const lambda = (3n * trace) / (10n * BigInt(size))
  return lambda < 1n ? 1n : lambda
}
