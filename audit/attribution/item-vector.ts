import type { Curvature } from './curvature.ts'
import { roundHalfEven } from './integers.ts'
import { errorOf, type PeriodEvent, type Shape } from './period.ts'
import { Solver, withRidge } from './solve.ts'

/** The one vector that values single items. */
export interface ItemVector {
  readonly v: Int16Array
  readonly x: Float64Array
  readonly lambdaRetries: number
  /** G, exact. */
  readonly demand: readonly bigint[]
}

const SCALE = 32_767
const TIE_DISTANCE = 1e-6
/** A tie that adding to λ does not break: the document sets no limit, so nothing beyond this was ever published. */
const RETRIES_MAX = 64

/** Step 7: G = Σ m_e·err_e ⊗ b_e, x = solve(K + λI, G), V = rint(32767·x / max|x|), with λ raised past near ties. */
export function itemVectorOf(
  events: readonly PeriodEvent[],
  weights: readonly bigint[],
  curvature: Curvature,
  solver: Solver,
  shape: Shape,
): ItemVector {
  const { size, k, lambda } = curvature
  const demand = demandVector(events, weights, shape)
  if (demand.every((value) => value === 0n)) {
    return { v: new Int16Array(size), x: new Float64Array(size), lambdaRetries: 0, demand }
  }
  const right = Float64Array.from(demand, Number)
  for (let retries = 0; ; retries++) {
    const own = retries === 0 ? solver : new Solver(withRidge(k, size, lambda + BigInt(retries)), size)
    const x = own.solve(right)
    const largest = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    const scaled = x.map((value) => (SCALE * value) / largest)
    if (retries < RETRIES_MAX && scaled.some(isNearTie)) continue
    return { v: Int16Array.from(scaled, roundHalfEven), x, lambdaRetries: retries, demand }
  }
}

function isNearTie(value: number): boolean {
  const magnitude = Math.abs(value)
  return Math.abs(magnitude - Math.floor(magnitude) - 0.5) < TIE_DISTANCE
}

function demandVector(events: readonly PeriodEvent[], weights: readonly bigint[], { rank, classes }: Shape): bigint[] {
  const demand: bigint[] = new Array(rank * classes).fill(0n)
  for (const [e, event] of events.entries()) {
    const weight = weights[e]!
    if (weight === 0n) continue
    const error = errorOf(event.p, event.label)
    const b = Array.from(event.b, BigInt)
    for (let c = 0; c < classes; c++) {
      if (error[c] === 0) continue
      const scale = weight * BigInt(error[c]!)
      for (let j = 0; j < rank; j++) demand[c * rank + j]! += scale * b[j]!
    }
  }
  return demand
}
