import type { Curvature } from './curvature.ts'
import { dyadic, integerSquareRoot } from './integers.ts'
import type { ItemVector } from './item-vector.ts'

/**
 * Step 8: a bound, in 10^−9, on how far any entry of V can be from that of the exact solution, from the exact residual of x.
 * The common denominator 2^q is the least, q ≥ 0. 0 when V = 0.
 */
export function errorBoundNano({ size, k, lambda }: Curvature, { x, lambdaRetries, demand }: ItemVector): bigint {
  const parts = Array.from(x, dyadic)
  const q = parts.reduce((least, { exponent }) => Math.max(least, -exponent), 0)
  const scaled = parts.map(({ mantissa, exponent }) => mantissa << BigInt(exponent + q))
  const largest = scaled.reduce((max, value) => (value > max ? value : -value > max ? -value : max), 0n)
  if (largest === 0n) return 0n
  const ridge = lambda + BigInt(lambdaRetries)
  let squares = 0n
  for (let i = 0; i < size; i++) {
    let residual = (demand[i]! << BigInt(q)) - ridge * scaled[i]!
    for (let j = 0; j < size; j++) residual -= BigInt(k[i * size + j]!) * scaled[j]!
    squares += residual * residual
  }
  const norm = integerSquareRoot(squares) + 1n
  const numerator = 2n * 32_767n * norm * 1_000_000_000n
  const denominator = ridge * largest
  return (numerator + denominator - 1n) / denominator
}
