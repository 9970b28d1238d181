import { BucketTable } from './bucket-table.ts'

/** Looked up once: the loops below are hot. */
const { abs, clz32 } = Math

/** Of a key: so many planes a table. */
const KEY_BITS = 48
const TABLES = 4
/** A query also looks where its least certain bits are turned, in every combination. */
const UNSURE_BITS = 5
const COMBINATIONS = 1 << UNSURE_BITS
const SIZE_MIN = 256
const ROUNDS = 2
/** Counters of the names begin behind those of the rounds. */
const NAMES = 2n
/**
 * The earliest of a bucket that a query looks at: so what one costs is bounded, and who floods a bucket hides nothing that was there
 * before.
 */
const BUCKET_ROWS_MAX = 64
/** |entry| · entries · size stays below 2^31: 127 · 2^12 · 2^12, 255 · 2^8 · 2^8. */
export const DIMENSIONS_MAX = 4_096
const SEED = 0x7a11_5e11n
const MASK = (1n << 64n) - 1n

/**
 * Which kept vectors may point where a vector points: random hyperplanes (Charikar 2002) over several tables, with multiprobe
 * (Lv et al. 2007). The planes are rows of H·D₂·H·D₁, H Hadamard's matrix and D random signs, which costs n·log n additions in place
 * of n a plane (Andoni et al. 2015). Integers throughout; the signs come from SplitMix64 and never change within a version.
 * docs/similarity.md says which share of near pairs it finds.
 */
export class Hyperplanes {
  /** Bytes of a kept vector in all tables, at most: a slot is used by half at least after growing by two. */
  static readonly rowBytes = TABLES * BucketTable.rowBytes
  readonly #tables = Array.from({ length: TABLES }, () => new BucketTable())
  readonly #signs: readonly Int8Array[]
  readonly #work: Int32Array
  /** 32 random bits for each plane of a table. */
  readonly #names = randomNames()
  readonly #unsure = new Int32Array(UNSURE_BITS)

  /** @param dimensions of the vectors, at most 4,096 */
  constructor(dimensions: number) {
    let size = SIZE_MIN
    while (size < dimensions) size *= 2
    this.#work = new Int32Array(size)
    this.#signs = Array.from({ length: ROUNDS }, (_, round) => randomSigns(size, BigInt(round)))
  }

  /** @param vector whole numbers in [−127, 127], or in [−255, 255] when there are at most 256 */
  add(row: number, vector: ArrayLike<number>): void {
    this.#rotate(vector)
    for (const [table, buckets] of this.#tables.entries()) buckets.add(this.#keyOf(table), row)
  }

  /**
   * @param look called with a row that may be near; rows of a bucket come earliest first, a row may come more than once. Returns
   *   true when it wants no later rows of that bucket.
   */
  search(vector: ArrayLike<number>, look: (row: number) => boolean): void {
    this.#rotate(vector)
    for (const [table, buckets] of this.#tables.entries()) {
      let key = this.#keyOf(table)
      this.#chooseUnsure(table)
      for (let turn = 1; ; turn++) {
        let row = buckets.first(key)
        for (let seen = 0; row >= 0 && seen < BUCKET_ROWS_MAX && !look(row); seen++) row = buckets.after(row)
        if (turn === COMBINATIONS) break
        // Gray's order: one bit is turned at each step.
        key ^= this.#names[this.#unsure[31 - clz32(turn & -turn)]!]!
      }
    }
  }

  #rotate(vector: ArrayLike<number>): void {
    const work = this.#work
    work.fill(0, vector.length)
    for (let at = 0; at < vector.length; at++) work[at] = vector[at]!
    for (const signs of this.#signs) {
      for (let at = 0; at < work.length; at++) work[at]! *= signs[at]!
      hadamard(work)
    }
  }

  /** The sum of the names of those planes of a table that the vector is behind: turning a bit is one more addition. */
  #keyOf(table: number): number {
    const from = table * KEY_BITS
    let key = 0
    for (let bit = 0; bit < KEY_BITS; bit++) if (this.#work[from + bit]! < 0) key ^= this.#names[bit]!
    return key
  }

  /** The bits whose planes the vector is nearest to, ties to the lower bit. */
  #chooseUnsure(table: number): void {
    const from = table * KEY_BITS
    const unsure = this.#unsure
    let count = 0
    for (let bit = 0; bit < KEY_BITS; bit++) {
      const distance = abs(this.#work[from + bit]!)
      let at = count
      while (at > 0 && abs(this.#work[from + unsure[at - 1]!]!) > distance) at--
      if (at === UNSURE_BITS) continue
      if (count < UNSURE_BITS) count++
      unsure.copyWithin(at + 1, at, count - 1)
      unsure[at] = bit
    }
  }
}

/** In place, without scale; a power of two entries. */
function hadamard(values: Int32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let block = 0; block < values.length; block += 2 * half) {
      for (let at = block; at < block + half; at++) {
        const a = values[at]!
        const b = values[at + half]!
        values[at] = a + b
        values[at + half] = a - b
      }
    }
  }
}

/** SplitMix64 (Steele, Lea and Flood 2014): bit at mod 64 of the output for counter round·2^32 + ⌊at / 64⌋. */
function randomSigns(count: number, round: bigint): Int8Array {
  const signs = new Int8Array(count)
  let word = 0n
  for (let at = 0; at < count; at++) {
    if (at % 64 === 0) word = splitMix64(SEED + (round << 32n) + BigInt(at / 64))
    signs[at] = (word >> BigInt(at % 64)) & 1n ? 1 : -1
  }
  return signs
}

/** Zobrist's hashing (1970): sums of random words are as random, so 48 bits fall evenly into 32. */
function randomNames(): Int32Array {
  return Int32Array.from({ length: KEY_BITS }, (_, bit) =>
    Number(splitMix64(SEED + (NAMES << 32n) + BigInt(bit)) >> 32n),
  )
}

function splitMix64(counter: bigint): bigint {
  let z = (counter * 0x9e3779b97f4a7c15n) & MASK
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK
  return z ^ (z >> 31n)
}
