import { differ } from '../difference.ts'
import type { Contribution, Shape } from './period.ts'

/** Items taken together, so that the sums are loaded and stored once for four of them. */
const GROUP = 4
/** An entry of one item is below 2^38 (w·P8 < 2^16, ah² < 2^22): so many of them, and a remainder, stay below 2^53. */
const ITEMS_BETWEEN_CARRIES = 2 ** 14
const CARRY_BITS = 48
const CARRY = 2 ** CARRY_BITS
/** |K| < 2^63. */
const ITEMS_MAX = 2 ** 25

/** Sums for one pair of classes (c ≥ d) after another: the lower triangle of dims (i ≥ j), packed by rows. */
interface Blocks {
  readonly pairs: number
  /** An entry is high · 2^48 + low, both whole. */
  readonly low: Float64Array
  readonly high: Float64Array
}

/** K and λ of step 1; D × D, symmetric, exact. */
export class Curvature {
  readonly size: number
  readonly lambda: bigint
  readonly #rank: number
  readonly #blocks: Blocks

  constructor(blocks: Blocks, { rank, classes }: Shape) {
    this.size = rank * classes
    this.#rank = rank
    this.#blocks = blocks
    let trace = 0n
    for (let i = 0; i < this.size; i++) trace += this.entry(i, i)
    const lambda = (3n * trace) / (10n * BigInt(this.size))
    this.lambda = lambda > 1n ? lambda : 1n
  }

  entry(i: number, j: number): bigint {
    const at = this.#place(i, j)
    return (BigInt(this.#blocks.high[at]!) << BigInt(CARRY_BITS)) + BigInt(this.#blocks.low[at]!)
  }

  /** K + λI by rows, each entry rounded once to float64. */
  withRidge(lambda: bigint): Float64Array {
    const a = new Float64Array(this.size * this.size)
    const { low, high } = this.#blocks
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j < i; j++) {
        const at = this.#place(i, j)
        // The product is exact, so the sum is the only rounding.
        const value = high[at]! * CARRY + low[at]!
        a[i * this.size + j] = value
        a[j * this.size + i] = value
      }
      a[i * this.size + i] = Number(this.entry(i, i) + lambda)
    }
    return a
  }

  /** Each block is symmetric by itself, and so is the matrix of blocks. */
  #place(i: number, j: number): number {
    const rank = this.#rank
    const block = triangular(Math.floor(i / rank), Math.floor(j / rank))
    return block * this.#blocks.pairs + triangular(i % rank, j % rank)
  }
}

function triangular(a: number, b: number): number {
  return a >= b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a
}

/**
 * Step 1: K = Σ (w·diag(P8) − P8·P8ᵀ) ⊗ ah·ahᵀ over the items (dense: Σ ah·ahᵀ), and λ. All partial sums are whole numbers
 * below 2^53, so float64 holds them exactly and their order does not matter.
 *
 * @throws DifferenceFound when K could exceed 2^63
 */
export function curvatureOf(items: readonly Contribution[], shape: Shape): Curvature {
  if (items.length >= ITEMS_MAX)
    differ('attribution', 'kept items of a period', `fewer than ${ITEMS_MAX}`, items.length)
  return new Curvature(sumBlocks(items, shape), shape)
}

function sumBlocks(items: readonly Contribution[], { kind, rank, classes }: Shape): Blocks {
  const pairs = (rank * (rank + 1)) / 2
  const blockCount = (classes * (classes + 1)) / 2
  const low = new Float64Array(blockCount * pairs)
  const high = new Float64Array(blockCount * pairs)
  const outer = Array.from({ length: GROUP }, () => new Float64Array(pairs))
  const weights = Array.from({ length: GROUP }, () => new Float64Array(blockCount))
  for (let first = 0; first < items.length; first += GROUP) {
    if (first % ITEMS_BETWEEN_CARRIES === 0) carry(low, high)
    for (let lane = 0; lane < GROUP; lane++) {
      const item = items[first + lane]
      if (item === undefined) weights[lane]!.fill(0)
      else {
        fillOuter(item, outer[lane]!)
        if (kind === 'dense') weights[lane]!.fill(1)
        else fillWeights(item, weights[lane]!)
      }
    }
    addGroup(low, outer, weights, pairs, blockCount)
  }
  return { pairs, low, high }
}

/** Keeps 0 ≤ low < 2^48. */
function carry(low: Float64Array, high: Float64Array): void {
  for (let at = 0; at < low.length; at++) {
    const carried = Math.floor(low[at]! / CARRY)
    if (carried === 0) continue
    high[at]! += carried
    low[at]! -= carried * CARRY
  }
}

/** ah·ahᵀ, ah = (a·ua) >> 11. */
function fillOuter({ a, ua }: Contribution, outer: Float64Array): void {
  const ah = Float64Array.from(a, (value) => (value * ua) >> 11)
  let at = 0
  for (let i = 0; i < ah.length; i++) for (let j = 0; j <= i; j++) outer[at++] = ah[i]! * ah[j]!
}

/** w·diag(P8) − P8·P8ᵀ, w = ΣP8. */
function fillWeights({ p }: Contribution, weights: Float64Array): void {
  const p8 = p.map((each) => Math.floor((256 * each + 500) / 1000))
  const w = p8.reduce((sum, each) => sum + each, 0)
  let block = 0
  for (let c = 0; c < p8.length; c++) {
    for (let d = 0; d <= c; d++) weights[block++] = (c === d ? w * p8[c]! : 0) - p8[c]! * p8[d]!
  }
}

function addGroup(
  sums: Float64Array,
  outer: readonly Float64Array[],
  weights: readonly Float64Array[],
  pairs: number,
  blockCount: number,
): void {
  const [o0, o1, o2, o3] = outer as [Float64Array, Float64Array, Float64Array, Float64Array]
  for (let block = 0; block < blockCount; block++) {
    const w0 = weights[0]![block]!
    const w1 = weights[1]![block]!
    const w2 = weights[2]![block]!
    const w3 = weights[3]![block]!
    if (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) continue
    const start = block * pairs
    for (let t = 0; t < pairs; t++) {
      sums[start + t]! += w0 * o0[t]! + w1 * o1[t]! + w2 * o2[t]! + w3 * o3[t]!
    }
  }
}
