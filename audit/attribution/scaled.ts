import { floorLog2, roundHalfEven } from './integers.ts'

/** The largest k with rint(2^k · max|values|) < 2^bits; values are not all 0. */
export function exponentFor(values: Float64Array, bits: number): number {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const k = bits - 1 - floorLog2(largest)
  return roundHalfEven(largest * 2 ** k) < 2 ** bits ? k : k - 1
}

/** rint(2^k · values). */
export function scaledBy(values: Float64Array, k: number): Int32Array {
  return Int32Array.from(values, (value) => roundHalfEven(value * 2 ** k))
}
