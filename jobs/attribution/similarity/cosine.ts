import { isqrt } from '../../integers.ts'
import { MILLION } from './similarity.ts'

/** Outside ± this of the threshold float64 decides as the integers would: its own error is below 2^−40. */
const MARGIN = 1e-9

/**
 * Whether two vectors have a cosine of `least` thousandths or more, from whole numbers below 2^53: their dot product and the squares
 * of their lengths. Two vectors of zeros are the same; one alone is like no other.
 */
export function isNear(dot: number, squareA: number, squareB: number, least: number): boolean {
  if (squareA === 0 || squareB === 0) return squareA === squareB
  if (dot <= 0) return false
  const cosine = dot / Math.sqrt(squareA) / Math.sqrt(squareB)
  if (cosine < least / 1_000 - MARGIN) return false
  if (cosine > least / 1_000 + MARGIN) return true
  return BigInt(dot) ** 2n * 1_000_000n >= BigInt(least) ** 2n * BigInt(squareA) * BigInt(squareB)
}

/** ⌊10^6 · cosine⌋ of two vectors with a positive dot product, or of two of zeros. */
export function cosineMillionths(dot: number, squareA: number, squareB: number): number {
  if (squareA === 0) return MILLION
  return Number(isqrt((BigInt(MILLION) ** 2n * BigInt(dot) ** 2n) / (BigInt(squareA) * BigInt(squareB))))
}
