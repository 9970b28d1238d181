import { shiftBy } from '../../integers.ts'
import type { PeriodInput, PeriodResult } from '../method.ts'
import { baseWeights, type EventWeights } from '../rule/demand.ts'
import { applyRule, type Evaluation, groupsOf, scoresOf, sumOfFees } from '../rule/payout-rule.ts'
import type { Curvature } from './curvature.ts'
import { type DemandVector, demandError, solveDemand } from './demand-vector.ts'
import { eventGradients, type GradientRows, itemGradients, vectorBits } from './gradient-rows.ts'
import { GroupSums } from './group-sums.ts'
import { shareIntervals } from './jackknife.ts'
import { cappedMultipliers } from './leverage.ts'
import { movementBound } from './movement/movement.ts'

/** Item values are kept below 2^53: projections below 2^53 times multipliers below 2^21. */
const VALUE_SHIFT = 21n

/** What stays the same however the events are weighed. */
interface Setting {
  readonly input: PeriodInput
  readonly curvature: Curvature
  readonly items: GradientRows
  readonly u: Uint32Array
  readonly groups: Uint32Array
  readonly events: GradientRows
  /** Exponent of M, and of the scores. */
  readonly exponent: number
}

interface BilinearEvaluation extends Evaluation {
  readonly demand: readonly bigint[]
  readonly vector: DemandVector
  readonly projections: Float64Array
}

/**
 * The payout rule for methods whose score is bilinear in the gradients of event and contribution: docs/attribution.md, steps
 * 2 to 9. Time grows with events + contributions, and for the cap with events · (accounts, or D where they are very many).
 *
 * @param curvatureOf the method's K and λ
 * @returns undefined when no item has a gradient or no fee was paid
 */
export async function attributePeriod(
  input: PeriodInput,
  curvatureOf: (input: PeriodInput) => Promise<Curvature>,
): Promise<PeriodResult | undefined> {
  const { kernels, items, events } = input
  const feesScaled = sumOfFees(events.fees)
  if (feesScaled === 0n || items.rows.count === 0) return undefined
  input.onProgress?.(`curvature of ${items.rows.count} contributions`)
  const curvature = await curvatureOf(input)
  const u = cappedMultipliers(items.rows)
  const itemRows = itemGradients(items.rows)
  const eventRows = eventGradients(events.rows)
  const groups = groupsOf(input)
  input.onProgress?.(`how far each of ${events.rows.count} paid uses can move the accounts`)
  const bound = await movementBound(kernels, eventRows, new GroupSums(kernels, itemRows, u, groups), curvature.factor)
  if (bound === undefined) return undefined
  const { exponent } = bound
  const setting = { input, curvature, items: itemRows, u, groups, events: eventRows, exponent }
  input.onProgress?.('influence of contributions')
  const { result, ...ruled } = await applyRule(
    {
      input,
      base: baseWeights(events),
      movement: await bound.of(eventRows),
      exponent,
      evaluate: (weights) => evaluate(setting, weights),
    },
    feesScaled,
  )
  const intervals = await shareIntervals({ ...setting, ...result, kernels })
  return { ...ruled, ...describe(setting, result), intervals }
}

function describe({ curvature, exponent, u }: Setting, result: BilinearEvaluation) {
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

async function evaluate(setting: Setting, weights: EventWeights): Promise<BilinearEvaluation> {
  const { input, curvature, items, events, u, groups, exponent } = setting
  const demand = await input.kernels.weightedSum(events, weights.limbs)
  const vector = solveDemand(demand, curvature, vectorBits(items))
  const projections = await input.kernels.project(items, vector.v)
  const sums = new Array<bigint>(2 * input.accounts).fill(0n)
  for (let item = 0; item < projections.length; item++)
    sums[groups[item]!]! += BigInt(projections[item]!) * BigInt(u[item]!)
  const scores = scoresOf(sums.map((sum) => shiftBy(sum, exponent - vector.exponent)))
  const sumPositive = scores.reduce((sum, score) => (score > 0n ? sum + score : sum), 0n)
  return { weights, demand, vector, projections, scores, sumPositive }
}
