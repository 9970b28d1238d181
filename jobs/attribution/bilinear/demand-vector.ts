import { errorBoundNano } from '../solver/certificate.ts'
import { Cholesky } from '../solver/cholesky.ts'
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

/** K + λI and its factor. */
export interface Curvature {
  readonly k: BigInt64Array
  readonly size: number
  readonly lambda: bigint
  readonly factor: Cholesky
}

/** λ = max(1, ⌊3·tr K / (10·D)⌋), and the factor of K + λI. */
export function factorise(k: BigInt64Array, size: number): Curvature {
  let trace = 0n
  for (let i = 0; i < size; i++) trace += k[i * size + i]!
  const wanted = (3n * trace) / (10n * BigInt(size))
  const lambda = wanted < 1n ? 1n : wanted
  return { k, size, lambda, factor: new Cholesky(withDiagonal(k, size, lambda), size) }
}

/**
 * x of (K + λI)·x = demand, and V.
 *
 * @param bits |v| < 2^bits
 */
export function solveDemand(
  demand: readonly bigint[],
  { k, size, lambda, factor }: Curvature,
  bits: number,
): DemandVector {
  if (demand.every((value) => value === 0n))
    return { v: new Int32Array(size), exponent: 0, x: new Float64Array(size), lambdaRetries: 0 }
  const g = Float64Array.from(demand, Number)
  for (let lambdaRetries = 0; ; lambdaRetries++) {
    const x = (
      lambdaRetries === 0 ? factor : new Cholesky(withDiagonal(k, size, lambda + BigInt(lambdaRetries)), size)
    ).solve(g)
    const exponent = exponentFor(largestOf(x), bits)
    if (lambdaRetries < RETRIES_MAX && x.some((value) => isNearTie(value * 2 ** exponent))) continue
    return { v: toInt32(x, exponent), exponent, x, lambdaRetries }
  }
}

/** What V can be off by, in 10^−9 of its unit (step 8). */
export function demandError(demand: readonly bigint[], { k, size, lambda }: Curvature, vector: DemandVector): bigint {
  if (demand.every((value) => value === 0n)) return 0n
  const { x, exponent, lambdaRetries } = vector
  return errorBoundNano({ k, size, lambda: lambda + BigInt(lambdaRetries), demand, x, exponent })
}

function isNearTie(value: number): boolean {
  const size = Math.abs(value)
  return Math.abs(size - Math.floor(size) - 0.5) < TIE_DISTANCE
}

/** K + λI with each entry rounded once to float64. */
function withDiagonal(k: BigInt64Array, size: number, lambda: bigint): Float64Array {
  const matrix = Float64Array.from(k, Number)
  for (let i = 0; i < size; i++) matrix[i * size + i] = Number(k[i * size + i]! + lambda)
  return matrix
}
