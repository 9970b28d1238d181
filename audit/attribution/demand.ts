import { sumOfFees } from './fees.ts'
import { maximum, minimum, shifted } from './integers.ts'
import type { Movement } from './movement-input.ts'
import type { PeriodEvent } from './period.ts'

interface DemandInput {
  readonly events: readonly PeriodEvent[]
  /** fee' of each event; not all 0. */
  readonly fees: readonly bigint[]
  readonly movement: Movement
  /** Millionths of each fee for contributors, of the policy in force; above 0. */
  readonly dataParts: number
  /** D̄ of the period before at exponent 128; null in the first. */
  readonly dBarFixed: bigint | null
}

/** What a period's weights come to: steps 6 and 7. */
export interface Valued {
  /** Σ max(0, s). */
  readonly sumPositive: bigint
}

/** What the events' fees ask for. */
export interface Demand<Value extends Valued> {
  readonly dBar: bigint
  /** The least D̄ at which it still says something. */
  readonly least: bigint
  /** (Σm)² div Σm². */
  readonly effectiveEvents: bigint
  /** At D̄. */
  readonly value: Value
}

const THETA_NUMERATOR = 900_000n
const ITERATIONS_MAX = 32
/** Exponent at which D̄ is carried, so that a change of k rescales it exactly. */
const FIXED_EXPONENT = 128

/**
 * Step 5: D̄, and what the weights m_e(D̄) come to.
 *
 * @param scoreOf steps 6 and 7 of weights
 */
export function demandOf<Value extends Valued>(
  input: DemandInput,
  scoreOf: (weights: readonly bigint[]) => Value,
): Demand<Value> {
  const requested = input.events.map(({ isPayerOwner, p16, ub }) =>
    isPayerOwner ? 0n : 256n * BigInt(Math.floor((p16 * ub) / 65_536)),
  )
  const least = leastLevel(input, requested)
  const { dBar, value } = levelOf(input, requested, least, scoreOf)
  return { dBar, least, effectiveEvents: effectiveEventsOf(weightsAt(input, requested, dBar)), value }
}

/** max(1, (256·mp*·M*) >> 10), the medians by fee of the events that weigh anything. */
function leastLevel({ fees, movement }: DemandInput, requested: readonly bigint[]): bigint {
  const weighing = [...fees.keys()].filter((e) => fees[e]! > 0n && requested[e]! > 0n)
  const medianOf = (values: readonly bigint[]) =>
    medianByFee(weighing.map((e) => ({ value: values[e]!, fee: fees[e]! })))
  return weighing.length === 0 ? 1n : maximum(1n, (medianOf(requested) * medianOf(movement.moved)) >> 10n)
}

/** The first in ascending order at which twice the sum of the fees reaches the whole. */
function medianByFee(entries: readonly { value: bigint; fee: bigint }[]): bigint {
  const whole = sumOfFees(entries.map(({ fee }) => fee))
  let sum = 0n
  for (const { value, fee } of entries.toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))) {
    sum += fee
    if (2n * sum >= whole) return value
  }
  return 0n
}

function levelOf<Value extends Valued>(
  input: DemandInput,
  requested: readonly bigint[],
  least: bigint,
  scoreOf: (weights: readonly bigint[]) => Value,
): { dBar: bigint; value: Value } {
  const { dBarFixed, movement } = input
  const valueAt = (level: bigint | undefined) => scoreOf(weightsAt(input, requested, level))
  if (dBarFixed !== null) {
    const dBar = maximum(least, shifted(dBarFixed, movement.exponent - FIXED_EXPONENT))
    return { dBar, value: valueAt(dBar) }
  }
  const wholeFees = sumOfFees(input.fees)
  let dBar = maximum(least, valueAt(undefined).sumPositive / wholeFees)
  for (let iteration = 0; iteration < ITERATIONS_MAX && dBar > least; iteration++) {
    const value = valueAt(dBar)
    const next = maximum(least, minimum(dBar, value.sumPositive / wholeFees))
    if (next === dBar) return { dBar, value }
    dBar = next
  }
  return { dBar, value: valueAt(dBar) }
}

/** m_e(D̄); without a level uncapped. */
function weightsAt(
  { fees, movement, dataParts }: DemandInput,
  requested: readonly bigint[],
  level: bigint | undefined,
): bigint[] {
  if (level === undefined) return fees.map((fee, e) => fee * requested[e]!)
  const theta = (THETA_NUMERATOR * level) / BigInt(dataParts)
  return fees.map((fee, e) => fee * minimum(requested[e]!, theta / movement.moved[e]!))
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

/** Step 8: D̄ of the next period, at this period's exponent and at the fixed one. */
export function nextLevel(
  { dBar, least, value }: Demand<Valued>,
  { fees, movement, dBarFixed }: DemandInput,
): { dBarNext: bigint; dBarFixed: bigint } {
  const observed = value.sumPositive / sumOfFees(fees)
  const clamped = dBarFixed === null ? observed : minimum((dBar * 11n) / 10n, maximum((dBar * 9n) / 10n, observed))
  const dBarNext = maximum(1n, maximum(least, clamped))
  return { dBarNext, dBarFixed: shifted(dBarNext, FIXED_EXPONENT - movement.exponent) }
}
