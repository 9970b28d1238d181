import type { Curvature } from './curvature.ts'
import { exponentFor, largestOf, toInt32 } from './scaled-vector.ts'

const TIE_DISTANCE = 1e-6
/** A tie that λ cannot move (K a multiple of I) stands: rint decides it. */
const RETRIES_MAX = 64

/** V of docs/attribution.md step 6. */
export interface DemandVector {
  /** D: rint(2^exponent · x). */
  readonly v: Int32Array
  readonly exponent: number
  readonly x: Float64Array
  readonly lambdaRetries: number
}

/**
 * x of (K + λI)·x = demand, and V.
 *
 * @param bits |v| < 2^bits
 */
export function solveDemand(demand: readonly bigint[], curvature: Curvature, bits: number): DemandVector {
  if (isZero(demand)) {
    const { size } = curvature
    return { v: new Int32Array(size), exponent: 0, x: new Float64Array(size), lambdaRetries: 0 }
  }
  const g = Float64Array.from(demand, Number)
  for (let lambdaRetries = 0; ; lambdaRetries++) {
    const factor = lambdaRetries === 0 ? curvature.factor : curvature.ridged(BigInt(lambdaRetries))
    const x = factor.solve(g)
    const exponent = exponentFor(largestOf(x), bits)
    if (lambdaRetries < RETRIES_MAX && x.some((value) => isNearTie(value * 2 ** exponent))) continue
    return { v: toInt32(x, exponent), exponent, x, lambdaRetries }
  }
}

/** What V can be off by before it is rounded, in 10^−9 of its unit (step 9). */
export function demandError(demand: readonly bigint[], curvature: Curvature, vector: DemandVector): bigint {
  if (isZero(demand)) return 0n
  return curvature.errorNano(demand, vector.x, vector.exponent, BigInt(vector.lambdaRetries))
}

function isZero(demand: readonly bigint[]): boolean {
  return demand.every((value) => value === 0n)
}

function isNearTie(value: number): boolean {
  const size = Math.abs(value)
  return Math.abs(size - Math.floor(size) - 0.5) < TIE_DISTANCE
}
