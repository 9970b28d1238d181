/** Fractional bits that are carried: each of the 16 squarings doubles what rounding left out. */
const PRECISION = 192n
const TWO = 2n << PRECISION
const known = new Map<number, number>()

/**
 * ⌊65,536 · log2 x⌋ by squaring, a bit at a time: log2 of y² is twice that of y. What is cut off stays below 2^−170 of the number, and none
 * below 2^53 that is no power of two comes so near to a bound; of powers of two nothing is cut off.
 *
 * @param x whole number, 1 ≤ x < 2^53
 */
export function binaryLogarithm(x: number): number {
  const found = known.get(x)
  if (found !== undefined) return found
  const whole = BigInt(x).toString(2).length - 1
  let result = whole
  let y = (BigInt(x) << PRECISION) >> BigInt(whole)
  for (let bit = 0; bit < 16; bit++) {
    y = (y * y) >> PRECISION
    result *= 2
    if (y < TWO) continue
    result += 1
    y >>= 1n
  }
  if (known.size < 1 << 20) known.set(x, result)
  return result
}
