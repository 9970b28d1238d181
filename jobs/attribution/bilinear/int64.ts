import { bitLength, floorLog2 } from '../../integers.ts'

/** What summing at most 4,096 squares in float64 can be wrong by, of itself. */
const SQUARES_ERROR = 2 ** -39
const WORD = 2 ** 32
/** Low words of so many values sum below 2^52. */
const ADDED_MAX = 2 ** 20

/** Low word, high word, …: a bigint costs tens of nanoseconds, and all groups together may have 10^9 cells. Little-endian, as Node.js runs on. */
function wordsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
}

/** Each value rounded once to float64. */
export function toFloat64(values: BigInt64Array): Float64Array {
  const words = wordsOf(values)
  const rounded = new Float64Array(values.length)
  for (let at = 0; at < rounded.length; at++) rounded[at] = words[2 * at + 1]! * WORD + (words[2 * at]! >>> 0)
  return rounded
}

/** ⌊value / 2^by⌋ of each, which must stay below 2^53, into `into` from `from` on. */
export function shiftDown(values: BigInt64Array, by: number, into: Float64Array, from: number): void {
  const words = wordsOf(values)
  for (let at = 0; at < values.length; at++) {
    const low = words[2 * at]! >>> 0
    const high = words[2 * at + 1]!
    if (by < 0) into[from + at] = (high * WORD + low) * 2 ** -by
    else if (by < 32) into[from + at] = high * 2 ** (32 - by) + (low >>> by)
    else into[from + at] = Math.floor(high / 2 ** (by - 32))
  }
}

/** Bits of Σ value², exactly: by float64, and by bigint where float64 cannot tell. */
export function bitsOfSquares(values: BigInt64Array): number {
  let estimate = 0
  for (const value of toFloat64(values)) estimate += value * value
  if (estimate === 0) return 0
  const exponent = floorLog2(estimate * (1 - SQUARES_ERROR))
  if (exponent === floorLog2(estimate * (1 + SQUARES_ERROR))) return exponent + 1
  return bitLength(values.reduce((sum, value) => sum + value * value, 0n))
}

/** Exact sums of int64 values, cell by cell. */
export class CellSums {
  readonly #low: Float64Array
  readonly #high: Float64Array
  readonly #exact: bigint[]
  #added = 0

  constructor(size: number) {
    this.#low = new Float64Array(size)
    this.#high = new Float64Array(size)
    this.#exact = new Array<bigint>(size).fill(0n)
  }

  add(values: BigInt64Array): void {
    const words = wordsOf(values)
    for (let at = 0; at < values.length; at++) {
      this.#low[at]! += words[2 * at]! >>> 0
      this.#high[at]! += words[2 * at + 1]!
    }
    if (++this.#added === ADDED_MAX) this.#flush()
  }

  sums(): readonly bigint[] {
    this.#flush()
    return this.#exact
  }

  #flush(): void {
    for (let at = 0; at < this.#exact.length; at++)
      this.#exact[at]! += (BigInt(this.#high[at]!) << 32n) + BigInt(this.#low[at]!)
    this.#low.fill(0)
    this.#high.fill(0)
    this.#added = 0
  }
}
