import { floorLog2, roundHalfEven } from '../../integers.ts'

/** Largest k for which rint(2^k · largest) still fits `bits` bits. @param largest above 0 */
export function exponentFor(largest: number, bits: number): number {
  const k = bits - 1 - floorLog2(largest)
  return roundHalfEven(largest * 2 ** k) >= 2 ** bits ? k - 1 : k
}

export function largestOf(values: Float64Array): number {
  let largest = 0
  for (const value of values) largest = Math.max(largest, Math.abs(value))
  return largest
}

/** rint(2^k · values) as int16. */
export function toInt16(values: Float64Array, k: number): Int16Array {
  return Int16Array.from(values, (value) => roundHalfEven(value * 2 ** k))
}

/** rint(2^k · values) as int32. */
export function toInt32(values: Float64Array, k: number): Int32Array {
  return Int32Array.from(values, (value) => roundHalfEven(value * 2 ** k))
}
