import type { Curvature } from './curvature.ts'
import type { DemandVector } from './demand-vector.ts'
import { dyadic, integerSquareRoot } from './integers.ts'

/**
 * Step 9: a bound, in 10^−9, on how far any entry of V was from that of the exact solution before it was rounded, from the
 * exact residual of x. The common denominator 2^q is the least, q ≥ 0. 0 when G = 0.
 */
export function errorBoundNano(curvature: Curvature, { g, x, vExponent, lambdaRetries }: DemandVector): bigint {
  if (g.every((value) => value === 0n)) return 0n
  const parts = Array.from(x, dyadic)
  const q = parts.reduce((least, { exponent }) => Math.max(least, -exponent), 0)
  const scaled = parts.map(({ mantissa, exponent }) => mantissa << BigInt(exponent + q))
  const ridge = curvature.lambda + BigInt(lambdaRetries)
  let squares = 0n
  for (let i = 0; i < curvature.size; i++) {
    let residual = (g[i]! << BigInt(q)) - ridge * scaled[i]!
    for (let j = 0; j < curvature.size; j++) residual -= curvature.entry(i, j) * scaled[j]!
    squares += residual * residual
  }
  const norm = integerSquareRoot(squares) + 1n
  const numerator = (norm * 1_000_000_000n) << BigInt(Math.max(0, vExponent))
  const denominator = (ridge << BigInt(q)) << BigInt(Math.max(0, -vExponent))
  return (numerator + denominator - 1n) / denominator
}
