import { differ } from '../difference.ts'
import type { Contribution, Shape } from './period.ts'

/** Items whose products are summed together: long sums that stay in a core's cache. A power of two, so that carries fall between. */
const CHUNK_ITEMS = 512
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
 *
 * With w = ΣP8 each row of w·diag(P8) − P8·P8ᵀ sums to 0, so only the blocks of two different classes are summed over the items:
 * that of a class with itself is what is missing to 0.
 */
export class CurvatureSum {
  readonly #shape: Shape
  readonly #blocks: Blocks
  #included: ReadonlySet<Contribution> = new Set()

  constructor(shape: Shape) {
    const pairs = (shape.rank * (shape.rank + 1)) / 2
    const size = (pairs * shape.classes * (shape.classes + 1)) / 2
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
    if (this.#shape.kind === 'factored') this.#fillOwnBlocks()
    return new Curvature(this.#blocks, this.#shape)
  }

  #add(items: readonly Contribution[], sign: 1 | -1): void {
    const { low, high } = this.#blocks
    for (let first = 0; first < items.length; first += CHUNK_ITEMS) {
      if (first % ITEMS_BETWEEN_CARRIES === 0) carry(low, high)
      const some = items.slice(first, first + CHUNK_ITEMS)
      const vectors = some.map(scaledVector)
      if (this.#shape.kind === 'dense') {
        addOuters(this.#sumsOf(0, 0), vectors, new Array(some.length).fill(sign))
        continue
      }
      const p8 = some.map(({ p }) => Uint16Array.from(p, (each) => Math.floor((256 * each + 500) / 1000)))
      for (let c = 0; c < this.#shape.classes; c++) {
        for (let d = 0; d < c; d++) {
          const weights = p8.map((each) => -sign * each[c]! * each[d]!)
          addOuters(this.#sumsOf(c, d), vectors, weights)
        }
      }
    }
    carry(low, high)
  }

  /** The block of a class with itself is minus the sum of its blocks with the others. */
  #fillOwnBlocks(): void {
    const { pairs, low, high } = this.#blocks
    const { classes } = this.#shape
    for (let c = 0; c < classes; c++) {
      const own = triangular(c, c) * pairs
      low.fill(0, own, own + pairs)
      high.fill(0, own, own + pairs)
      for (let d = 0; d < classes; d++) {
        if (d === c) continue
        const other = triangular(c, d) * pairs
        for (let t = 0; t < pairs; t++) {
          low[own + t]! -= low[other + t]!
          high[own + t]! -= high[other + t]!
        }
      }
    }
  }

  #sumsOf(c: number, d: number): Float64Array {
    const { pairs, low } = this.#blocks
    const block = triangular(c, d)
    return low.subarray(block * pairs, (block + 1) * pairs)
  }
}

/** ah = (a·ua) >> 11. */
function scaledVector({ a, ua }: Contribution): Int32Array {
  return Int32Array.from(a, (value) => (value * ua) >> 11)
}

/**
 * Adds Σ weight·ah·ahᵀ to the lower triangle `sums`. A model that is sure of itself has few probabilities that are not 0, so most
 * items have no weight in most blocks. Eight entries at a time, in tiles of two rows and four columns: their sums do not wait for
 * each other, and each value that is read serves several.
 */
function addOuters(sums: Float64Array, vectors: readonly Int32Array[], weights: readonly number[]): void {
  const weighing = [...weights.keys()].filter((item) => weights[item] !== 0)
  const count = weighing.length
  if (count === 0) return
  const rank = vectors[0]!.length
  // Dimension by dimension, the items of each side by side; zeros up to full tiles.
  const right = new Float64Array(Math.ceil(rank / 4) * 4 * count)
  const left = new Float64Array(right.length)
  for (let at = 0; at < count; at++) {
    const vector = vectors[weighing[at]!]!
    const weight = weights[weighing[at]!]!
    for (let i = 0; i < rank; i++) {
      right[i * count + at] = vector[i]!
      left[i * count + at] = weight * vector[i]!
    }
  }
  for (let i = 0; i < rank; i += 2) {
    for (let j = 0; j <= i + 1; j += 4) {
      const tile = tileOf(left, i * count, right, j * count, count)
      for (let place = 0; place < tile.length; place++) {
        const [row, column] = [i + (place >> 2), j + (place & 3)]
        if (row < rank && column <= row) sums[triangular(row, column)]! += tile[place]!
      }
    }
  }
}

/** ⟨l, r⟩ of two vectors l, one after the other, and four vectors r: the products with the first, then with the second. */
function tileOf(left: Float64Array, l0: number, right: Float64Array, r0: number, length: number): readonly number[] {
  const l1 = l0 + length
  const r1 = r0 + length
  const r2 = r1 + length
  const r3 = r2 + length
  let a0 = 0
  let a1 = 0
  let a2 = 0
  let a3 = 0
  let b0 = 0
  let b1 = 0
  let b2 = 0
  let b3 = 0
  for (let at = 0; at < length; at++) {
    const x = left[l0 + at]!
    const y = left[l1 + at]!
    const p = right[r0 + at]!
    const q = right[r1 + at]!
    const s = right[r2 + at]!
    const t = right[r3 + at]!
    a0 += x * p
    a1 += x * q
    a2 += x * s
    a3 += x * t
    b0 += y * p
    b1 += y * q
    b2 += y * s
    b3 += y * t
  }
  return [a0, a1, a2, a3, b0, b1, b2, b3]
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
