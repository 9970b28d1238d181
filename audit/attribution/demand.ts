import type { EventScores } from './event-scores.ts'
import { bitLength, maximum, minimum, shifted } from './integers.ts'
import type { PeriodEvent } from './period.ts'

interface DemandInput {
  readonly events: readonly PeriodEvent[]
  readonly scores: EventScores
  /** Millionths of each fee for contributors, of the policy in force; above 0. */
  readonly dataParts: number
  /** D̄ of the period before at exponent 128; null in the first. */
  readonly dBarFixed: bigint | null
}

/** What the events' fees ask for. */
export interface Demand {
  /** F = Σ fee'. */
  readonly fees: bigint
  readonly dBar: bigint
  /** m of each event. */
  readonly weights: readonly bigint[]
  /** s of each account that has a score. */
  readonly scores: readonly bigint[]
  /** Σ max(0, s). */
  readonly sumPositive: bigint
  /** (Σm)² div Σm². */
  readonly effectiveEvents: bigint
}

const FEE_BITS = 48
const THETA_NUMERATOR = 900_000n
const ITERATIONS_MAX = 32
/** Exponent at which D̄ is carried, so that a change of kMax rescales it exactly. */
export const FIXED_EXPONENT = 128

/** Step 5, where fee' do not sum to 0: D̄, the weights m_e(D̄) and the scores s_c(D̄). */
export function demandOf(input: DemandInput): Demand {
  const fees = shiftedFees(input.events)
  const totalFees = fees.reduce((sum, fee) => sum + fee, 0n)
  const dBar = dBarOf(input, fees, totalFees)
  const weights = weightsAt(input, fees, dBar)
  const scores = scoresFor(input.scores, weights)
  return {
    fees: totalFees,
    dBar,
    weights,
    scores,
    sumPositive: sumOfPositive(scores),
    effectiveEvents: effectiveEventsOf(weights),
  }
}

/** Right shift that brings the sum of the fees below 2^48. */
export function feeShiftOf(events: readonly PeriodEvent[]): number {
  return Math.max(0, bitLength(events.reduce((sum, { fee }) => sum + fee, 0n)) - FEE_BITS)
}

function shiftedFees(events: readonly PeriodEvent[]): bigint[] {
  const shift = BigInt(feeShiftOf(events))
  return events.map(({ fee }) => fee >> shift)
}

/** F = Σ fee'; 0 means that there is nothing to pay. */
export function sumOfShiftedFees(events: readonly PeriodEvent[]): bigint {
  return shiftedFees(events).reduce((sum, fee) => sum + fee, 0n)
}

function dBarOf(input: DemandInput, fees: readonly bigint[], totalFees: bigint): bigint {
  if (input.dBarFixed !== null) return maximum(1n, shifted(input.dBarFixed, input.scores.kMax - FIXED_EXPONENT))
  const perFee = (weights: readonly bigint[]) => sumOfPositive(scoresFor(input.scores, weights)) / totalFees
  let dBar = maximum(1n, perFee(weightsAt(input, fees, undefined)))
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration++) {
    const next = maximum(1n, minimum(dBar, perFee(weightsAt(input, fees, dBar))))
    if (next === dBar) break
    dBar = next
  }
  return dBar
}

/** m_e(D̄); without `dBar` uncapped. */
function weightsAt(
  { events, scores, dataParts }: DemandInput,
  fees: readonly bigint[],
  dBar: bigint | undefined,
): bigint[] {
  const theta = dBar === undefined ? undefined : (THETA_NUMERATOR * dBar) / BigInt(dataParts)
  return events.map((event, e) => {
    if (event.isPayerOwner) return 0n
    const mp = BigInt(Math.floor((event.p16 * event.ub) / 65_536))
    return fees[e]! * (theta === undefined ? mp : minimum(mp, theta / scores.moved[e]!))
  })
}

/** s_c = Σ_e m_e·T_ec. */
function scoresFor({ unshifted, shifts }: EventScores, weights: readonly bigint[]): bigint[] {
  const sums: bigint[] = new Array(shifts.length).fill(0n)
  for (const [e, weight] of weights.entries()) {
    if (weight === 0n) continue
    for (let a = 0; a < shifts.length; a++) sums[a]! += weight * BigInt(unshifted[e * shifts.length + a]!)
  }
  return sums.map((sum, a) => shifted(sum, shifts[a]!))
}

function sumOfPositive(scores: readonly bigint[]): bigint {
  return scores.reduce((sum, score) => sum + maximum(0n, score), 0n)
}

function effectiveEventsOf(weights: readonly bigint[]): bigint {
  let sum = 0n
  let squares = 0n
  for (const weight of weights) {
    sum += weight
    squares += weight * weight
  }
  return sum === 0n ? 0n : (sum * sum) / squares
}

/** Step 6: D̄ of the next period at this period's exponent. */
export function nextDBar(demand: Demand, isFirst: boolean): bigint {
  const observed = maximum(1n, demand.sumPositive / demand.fees)
  if (isFirst) return observed
  const low = (demand.dBar * 9n) / 10n
  const high = (demand.dBar * 11n) / 10n
  return maximum(1n, minimum(high, maximum(low, observed)))
}
