import { bitLength } from './integers.ts'

const FEE_BITS = 48

/** Right shift that brings the sum of the fees below 2^48. */
export function feeShiftOf(fees: readonly bigint[]): number {
  return Math.max(0, bitLength(sumOfFees(fees)) - FEE_BITS)
}

/** fee' of each event. */
export function shiftedFees(fees: readonly bigint[]): bigint[] {
  const shift = BigInt(feeShiftOf(fees))
  return fees.map((fee) => fee >> shift)
}

export function sumOfFees(fees: readonly bigint[]): bigint {
  return fees.reduce((sum, fee) => sum + fee, 0n)
}
