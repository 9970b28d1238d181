const ONE = 65_536
/** Nearer to a whole number than this a float64 logarithm does not tell on which side it is; its error is below 10^-9. */
const DOUBT = 1e-6

/**
 * ⌊65,536 · log2 x⌋, exactly: the greatest q with 2^q ≤ x^65,536.
 *
 * @param x whole number, 1 ≤ x < 2^53
 */
export function ilog2Q16(x: number): number {
  const near = Math.log2(x) * ONE
  const whole = Math.round(near)
  if (Math.abs(near - whole) > DOUBT) return Math.floor(near)
  // Counts often are powers of two, whose logarithm is the exponent.
  if (whole % ONE === 0 && x === 2 ** (whole / ONE)) return whole
  return BigInt(x) ** BigInt(ONE) >= 1n << BigInt(whole) ? whole : whole - 1
}
