import { shiftBy } from '../../integers.ts'
import type { PeriodInput, PeriodResult } from '../method.ts'
import { baseWeights, boundOf, type EventWeights, leastDBar, nextDBar, weigh } from './demand.ts'
import { type Curvature, type DemandVector, demandError, factorise, solveDemand } from './demand-vector.ts'
import { eventGradients, type GradientRows, itemGradients, vectorBits } from './gradient-rows.ts'
import { GroupSums } from './group-sums.ts'
import { shareIntervals } from './jackknife.ts'
import { cappedMultipliers } from './leverage.ts'
import { movementOf } from './movement.ts'

const D_BAR_EXPONENT = 128
const FIXED_POINT_ROUNDS_MAX = 32
/** Item values are kept below 2^53: projections below 2^53 times multipliers below 2^21. */
const VALUE_SHIFT = 21n

/** What stays the same however the events are weighed. */
interface Setting {
  readonly input: PeriodInput
  readonly curvature: Curvature
  readonly items: GradientRows
  readonly u: Uint32Array
  readonly events: GradientRows
  /** Exponent of M, and of the scores. */
  readonly exponent: number
}

/** What one weighing of the events comes to. */
interface Evaluation {
  readonly weights: EventWeights
  readonly demand: readonly bigint[]
  readonly vector: DemandVector
  readonly projections: Float64Array
  readonly scores: readonly bigint[]
  readonly sumPositive: bigint
}

/**
 * The payout rule for methods whose score is bilinear in the gradients of event and contribution: docs/attribution.md, steps
 * 2 to 9. Time grows with events + contributions, and for the cap with events · min(accounts, 1,024 or D).
 *
 * @param kind of curvature: `softmax` for factored rows, `gram` for dense ones
 * @returns undefined when no item has a gradient or no fee was paid
 */
export async function attributePeriod(input: PeriodInput, kind: 'softmax' | 'gram'): Promise<PeriodResult | undefined> {
  const { kernels, items, events } = input
  const feesScaled = events.fees.reduce((sum, fee) => sum + BigInt(fee), 0n)
  if (feesScaled === 0n || items.rows.count === 0) return undefined
  input.onProgress?.(`curvature of ${items.rows.count} contributions`)
  const k = input.curvature ?? (await kernels.curvature(items.rows, kind, 0, items.rows.count))
  const curvature = factorise(k, Math.sqrt(k.length))
  const u = cappedMultipliers(items.rows)
  const itemRows = itemGradients(items.rows)
  const eventRows = eventGradients(events.rows)
  input.onProgress?.(`how far each of ${events.rows.count} paid uses can move the accounts`)
  const groups = new GroupSums(kernels, itemRows, u, groupsOf(input))
  const movement = await movementOf(kernels, eventRows, groups, curvature.factor)
  if (movement === undefined) return undefined
  const setting = { input, curvature, items: itemRows, u, events: eventRows, exponent: movement.exponent }
  input.onProgress?.('influence of contributions')
  const base = baseWeights(events)
  const least = leastDBar(events.fees, base, movement.m)
  const evaluateAt = (dBar: bigint | null) =>
    evaluate(setting, weigh(events.fees, base, movement.m, dBar === null ? null : boundOf(dBar, input.dataParts)))
  const opening =
    input.dBarFixed === null
      ? await largestFixedPoint(evaluateAt, feesScaled, least)
      : largest(least, shiftBy(input.dBarFixed, movement.exponent - D_BAR_EXPONENT))
  const result = await evaluateAt(opening)
  const floor = opening * feesScaled
  const isPaid = result.weights.effectiveEvents >= BigInt(input.minEvents)
  const observed = result.sumPositive / feesScaled
  const next = nextDBar(opening, observed, least, input.dBarFixed === null)
  return {
    ...describe(setting, result),
    dBar: opening,
    denominator: largest(result.sumPositive, floor),
    feesScaled,
    intervals: await shareIntervals({ ...setting, ...result, kernels }),
    next: isPaid ? { dBar: next, dBarFixed: shiftBy(next, D_BAR_EXPONENT - movement.exponent) } : null,
  }
}

function describe({ curvature, exponent, u }: Setting, result: Evaluation) {
  const { vector, weights, scores, sumPositive, projections, demand } = result
  return {
    effectiveEvents: weights.effectiveEvents,
    lambda: curvature.lambda,
    lambdaRetries: vector.lambdaRetries,
    exponent,
    scores,
    sumPositive,
    v: vector.v,
    vExponent: vector.exponent,
    x: vector.x,
    vErrorNano: demandError(demand, curvature, vector),
    values: projections.map((projection, item) => Number((BigInt(projection) * BigInt(u[item]!)) >> VALUE_SHIFT)),
  }
}

/** What an account withdrew is a sum of its own: the odd groups. */
function groupsOf({ items }: PeriodInput): Uint32Array {
  return items.account.map((account, item) => 2 * account + items.withdrawn[item]!)
}

async function evaluate(setting: Setting, weights: EventWeights): Promise<Evaluation> {
  const { input, curvature, items, events } = setting
  const demand = await input.kernels.weightedSum(events, weights.limbs)
  const vector = solveDemand(demand, curvature, vectorBits(items))
  const projections = await input.kernels.project(items, vector.v)
  const scores = scoresOf(setting, projections, vector.exponent)
  const sumPositive = scores.reduce((sum, score) => (score > 0n ? sum + score : sum), 0n)
  return { weights, demand, vector, projections, scores, sumPositive }
}

/** s of step 7: the sum of an account's items, and of what it withdrew only what is negative. */
function scoresOf({ input, u, exponent }: Setting, projections: Float64Array, vExponent: number): bigint[] {
  const sums = new Array<bigint>(2 * input.accounts).fill(0n)
  const { account, withdrawn } = input.items
  for (let item = 0; item < projections.length; item++)
    sums[2 * account[item]! + withdrawn[item]!]! += BigInt(projections[item]!) * BigInt(u[item]!)
  return Array.from({ length: input.accounts }, (_, at) => {
    const kept = shiftBy(sums[2 * at]!, exponent - vExponent)
    const gone = shiftBy(sums[2 * at + 1]!, exponent - vExponent)
    return kept + (gone < 0n ? gone : 0n)
  })
}

/** D̄ of a (model, token) that has none yet: the largest fixed point of its own events, from the uncapped value downwards. */
async function largestFixedPoint(
  evaluateAt: (dBar: bigint | null) => Promise<Evaluation>,
  feesScaled: bigint,
  least: bigint,
): Promise<bigint> {
  let dBar = largest(least, (await evaluateAt(null)).sumPositive / feesScaled)
  for (let round = 0; round < FIXED_POINT_ROUNDS_MAX && dBar > least; round++) {
    const { sumPositive } = await evaluateAt(dBar)
    const observed = sumPositive / feesScaled
    const next = largest(least, observed < dBar ? observed : dBar)
    if (next === dBar) break
    dBar = next
  }
  return dBar
}

function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
