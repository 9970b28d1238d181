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
  return rounded(values, k, new Int16Array(values.length))
}

/** rint(2^k · values) as int32. */
export function toInt32(values: Float64Array, k: number): Int32Array {
  return rounded(values, k, new Int32Array(values.length))
}

function rounded<Ints extends Int16Array | Int32Array>(values: Float64Array, k: number, into: Ints): Ints {
  const scale = 2 ** k
  for (let at = 0; at < values.length; at++) into[at] = roundHalfEven(values[at]! * scale)
  return into
}
