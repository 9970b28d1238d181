import type { Curvature } from './curvature.ts'
import type { Gradients } from './gradients.ts'
import { bitLength } from './integers.ts'
import { type Shape, VECTOR_MAX } from './period.ts'
import { exponentFor, scaledBy } from './scaled.ts'
import { Solver } from './solve.ts'

/** What the events ask of the model, as one vector that values every item. */
export interface DemandVector {
  /** G, exact. */
  readonly g: readonly bigint[]
  readonly x: Float64Array
  /** V ≈ 2^vExponent · x. */
  readonly v: Int32Array
  readonly vExponent: number
  readonly lambdaRetries: number
}

const TIE_DISTANCE = 1e-6
const RETRIES_MAX = 64
/** m < 2^72 in three parts of 24 bits; times an entry of a gradient, below 2^40. */
const PART_BITS = 24
const PARTS = 3
const EVENTS_BETWEEN_FLUSHES = 8_192
/** Bound of an item's errors in sum, of the shape's kind. */
const ERRORS_MAX = { factored: 42_000, dense: 1 } as const

/**
 * Step 6: G = Σ m_e·g_e, x = solve(K + λI, G), V = rint(2^k_V·x), with λ raised past near ties.
 *
 * @param solver of K + λI
 */
export function demandVectorOf(
  events: Gradients,
  weights: readonly bigint[],
  curvature: Curvature,
  solver: Solver,
  { kind, rank }: Shape,
): DemandVector {
  const g = weightedSum(events, weights)
  const { size } = curvature
  if (g.every((value) => value === 0n)) {
    return { g, x: new Float64Array(size), v: new Int32Array(size), vExponent: 0, lambdaRetries: 0 }
  }
  const right = Float64Array.from(g, Number)
  const bits = Math.min(24, 53 - bitLength(BigInt(ERRORS_MAX[kind] * VECTOR_MAX * rank)))
  for (let retries = 0; ; retries++) {
    const own = retries === 0 ? solver : new Solver(curvature.withRidge(curvature.lambda + BigInt(retries)), size)
    const x = own.solve(right)
    const vExponent = exponentFor(x, bits)
    if (retries < RETRIES_MAX && x.some((value) => isNearTie(value * 2 ** vExponent))) continue
    return { g, x, v: scaledBy(x, vExponent), vExponent, lambdaRetries: retries }
  }
}

function isNearTie(value: number): boolean {
  const magnitude = Math.abs(value)
  return Math.abs(magnitude - Math.floor(magnitude) - 0.5) <= TIE_DISTANCE
}

function weightedSum(events: Gradients, weights: readonly bigint[]): bigint[] {
  const sum: bigint[] = new Array(events.rank * events.classes).fill(0n)
  for (let part = 0; part < PARTS; part++) {
    const shift = BigInt(part * PART_BITS)
    // The highest part takes all that is left: nothing is cut off, whatever m is.
    const partOf = (m: bigint) => Number(part === PARTS - 1 ? m >> shift : BigInt.asUintN(PART_BITS, m >> shift))
    const scales = Float64Array.from(weights, partOf)
    for (let first = 0; first < events.count; first += EVENTS_BETWEEN_FLUSHES) {
      const partial = new Float64Array(sum.length)
      const end = Math.min(events.count, first + EVENTS_BETWEEN_FLUSHES)
      for (let e = first; e < end; e++) if (scales[e] !== 0) addScaled(partial, events, e, scales[e]!)
      for (const [cell, value] of partial.entries()) sum[cell]! += BigInt(value) << shift
    }
  }
  return sum
}

function addScaled(sum: Float64Array, { rank, classes, errors, vectors }: Gradients, e: number, scale: number): void {
  for (let c = 0; c < classes; c++) {
    const factor = scale * errors[e * classes + c]!
    if (factor === 0) continue
    for (let j = 0; j < rank; j++) sum[c * rank + j]! += factor * vectors[e * rank + j]!
  }
}
