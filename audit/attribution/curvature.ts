import { differ } from '../difference.ts'
import type { Contribution, Shape } from './period.ts'

/** Items of a chunk added in one go, so that the sums are loaded and stored once for four of them. */
const LANES = 4
/** Items whose outer products are kept at hand together, and entries of these (4 MB) where there are fewer of them. */
const CHUNK_MAX = 64
const CHUNK_ENTRIES = 2 ** 19
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
 * below 2^53, so float64 holds them exactly and their order does not matter: from one period to the next only what is new is
 * added, and what is gone subtracted.
 */
export class CurvatureSum {
  readonly #shape: Shape
  readonly #blocks: Blocks
  #included: ReadonlySet<Contribution> = new Set()

  constructor(shape: Shape) {
    const pairs = (shape.rank * (shape.rank + 1)) / 2
    const size = pairs * blockCountOf(shape)
    this.#shape = shape
    this.#blocks = { pairs, low: new Float64Array(size), high: new Float64Array(size) }
  }

  /**
   * @returns K of exactly these items; good until the next call
   * @throws DifferenceFound when K could exceed 2^63
   */
  of(items: readonly Contribution[]): Curvature {
    if (items.length >= ITEMS_MAX) {
      differ('attribution', 'kept items of a period', `fewer than ${ITEMS_MAX}`, items.length)
    }
    const included = this.#included
    const wanted = new Set(items)
    this.#add(
      items.filter((item) => !included.has(item)),
      1,
    )
    this.#add(
      [...included].filter((item) => !wanted.has(item)),
      -1,
    )
    this.#included = wanted
    return new Curvature(this.#blocks, this.#shape)
  }

  #add(items: readonly Contribution[], sign: 1 | -1): void {
    const { pairs, low, high } = this.#blocks
    const blockCount = blockCountOf(this.#shape)
    const chunk = new Chunk(pairs, blockCount)
    for (let first = 0; first < items.length; first += chunk.capacity) {
      if (first % ITEMS_BETWEEN_CARRIES === 0) carry(low, high)
      chunk.clear()
      for (const item of items.slice(first, first + chunk.capacity)) {
        const { outer, weights } = chunk.next()
        fillOuter(item, outer)
        if (this.#shape.kind === 'dense') weights.fill(sign)
        else fillWeights(item, weights, sign)
      }
      for (let block = 0; block < blockCount; block++) {
        chunk.addTo(low.subarray(block * pairs, (block + 1) * pairs), block)
      }
    }
  }
}

function blockCountOf({ classes }: Shape): number {
  return (classes * (classes + 1)) / 2
}

/** Some items, ready to be added to the sums of a block. */
class Chunk {
  /** A power of two, so that carries fall between chunks. */
  readonly capacity: number
  readonly #pairs: number
  readonly #blocks: number
  readonly #outers: Float64Array
  readonly #weights: Float64Array
  #count = 0

  constructor(pairs: number, blocks: number) {
    this.#pairs = pairs
    this.#blocks = blocks
    let capacity = CHUNK_MAX
    while (capacity > LANES && capacity * pairs > CHUNK_ENTRIES) capacity /= 2
    this.capacity = capacity
    this.#outers = new Float64Array(capacity * pairs)
    this.#weights = new Float64Array(capacity * blocks)
  }

  clear(): void {
    this.#count = 0
  }

  /** Room for one more item, to be filled. */
  next(): { readonly outer: Float64Array; readonly weights: Float64Array } {
    const at = this.#count++
    return {
      outer: this.#outers.subarray(at * this.#pairs, (at + 1) * this.#pairs),
      weights: this.#weights.subarray(at * this.#blocks, (at + 1) * this.#blocks),
    }
  }

  /** A model that is sure of itself has few probabilities that are not 0: most items have no weight in most blocks. */
  addTo(sums: Float64Array, block: number): void {
    const weighing: number[] = []
    for (let at = 0; at < this.#count; at++) if (this.#weights[at * this.#blocks + block] !== 0) weighing.push(at)
    for (let from = 0; from < weighing.length; from += LANES)
      this.#addLanes(sums, block, weighing.slice(from, from + LANES))
  }

  #addLanes(sums: Float64Array, block: number, items: readonly number[]): void {
    const lane = (n: number) =>
      this.#outers.subarray((items[n] ?? 0) * this.#pairs, ((items[n] ?? 0) + 1) * this.#pairs)
    const weight = (n: number) => (items[n] === undefined ? 0 : this.#weights[items[n] * this.#blocks + block]!)
    const [o0, o1, o2, o3] = [lane(0), lane(1), lane(2), lane(3)]
    const [w0, w1, w2, w3] = [weight(0), weight(1), weight(2), weight(3)]
    for (let t = 0; t < sums.length; t++) sums[t]! += w0 * o0[t]! + w1 * o1[t]! + w2 * o2[t]! + w3 * o3[t]!
  }
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

/** w·diag(P8) − P8·P8ᵀ, w = ΣP8, times the sign. */
function fillWeights({ p }: Contribution, weights: Float64Array, sign: 1 | -1): void {
  const p8 = p.map((each) => Math.floor((256 * each + 500) / 1000))
  const w = p8.reduce((sum, each) => sum + each, 0)
  let block = 0
  for (let c = 0; c < p8.length; c++) {
    for (let d = 0; d <= c; d++) weights[block++] = sign * ((c === d ? w * p8[c]! : 0) - p8[c]! * p8[d]!)
  }
}
