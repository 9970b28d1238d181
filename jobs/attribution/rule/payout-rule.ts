import { shiftBy } from '../../integers.ts'
import type { PeriodInput, PeriodResult } from '../method.ts'
import type { PeriodItems } from '../rows.ts'
import { boundOf, type EventWeights, leastDBar, nextDBar, weigh } from './demand.ts'

const D_BAR_EXPONENT = 128
const FIXED_POINT_ROUNDS_MAX = 32

/** What one weighing of the events comes to. */
export interface Evaluation {
  readonly weights: EventWeights
  readonly scores: readonly bigint[]
  /** Σ max(0, s). */
  readonly sumPositive: bigint
}

/** What a method gives the rule. */
export interface RuleInput<Evaluated extends Evaluation> {
  readonly input: PeriodInput
  /** mp of step 4, below 2^16. */
  readonly base: Uint32Array
  /** M of step 4, one an event, in units of 2^−exponent as the scores. */
  readonly movement: BigInt64Array
  readonly exponent: number
  evaluate(weights: EventWeights): Promise<Evaluated>
}

export interface Ruled<Evaluated extends Evaluation>
  extends Pick<PeriodResult, 'dBar' | 'denominator' | 'feesScaled' | 'next'> {
  readonly result: Evaluated
}

/** F = Σ fee'. */
export function sumOfFees(fees: Float64Array): bigint {
  return fees.reduce((sum, fee) => sum + BigInt(fee), 0n)
}

/** What an account withdrew is a sum of its own: group 2 · account for what it keeps, and the next for what it withdrew. */
export function groupsOf({ account, withdrawn }: PeriodItems): Uint32Array {
  return account.map((each, item) => 2 * each + withdrawn[item]!)
}

/** s of step 7 from the sums of the groups: what an account keeps, and of what it withdrew only what is negative. */
export function scoresOf(sums: readonly bigint[]): bigint[] {
  return Array.from({ length: sums.length / 2 }, (_, account) => {
    const withdrawn = sums[2 * account + 1]!
    return sums[2 * account]! + (withdrawn < 0n ? withdrawn : 0n)
  })
}

/** Steps 5 and 8 of docs/attribution.md: the level of demand, what the events count at it, and the level of the next period. */
export async function applyRule<Evaluated extends Evaluation>(
  rule: RuleInput<Evaluated>,
  feesScaled: bigint,
): Promise<Ruled<Evaluated>> {
  const { input, base, movement, exponent } = rule
  const { fees } = input.events
  const evaluateAt = (dBar: bigint | null) =>
    rule.evaluate(weigh(fees, base, movement, dBar === null ? null : boundOf(dBar, input.dataParts)))
  const least = leastDBar(fees, base, movement)
  const dBar =
    input.dBarFixed === null
      ? await largestFixedPoint(evaluateAt, feesScaled, least)
      : larger(least, shiftBy(input.dBarFixed, exponent - D_BAR_EXPONENT))
  const result = await evaluateAt(dBar)
  const isPaid = result.weights.effectiveEvents >= BigInt(input.minEvents)
  const next = nextDBar(dBar, result.sumPositive / feesScaled, least, input.dBarFixed === null)
  return {
    dBar,
    denominator: larger(result.sumPositive, dBar * feesScaled),
    feesScaled,
    result,
    next: isPaid ? { dBar: next, dBarFixed: shiftBy(next, D_BAR_EXPONENT - exponent) } : null,
  }
}

/** D̄ of a (model, token) that has none yet: the largest fixed point of its own events, from the uncapped value downwards. */
async function largestFixedPoint(
  evaluateAt: (dBar: bigint | null) => Promise<Evaluation>,
  feesScaled: bigint,
  least: bigint,
): Promise<bigint> {
  let dBar = larger(least, (await evaluateAt(null)).sumPositive / feesScaled)
  for (let round = 0; round < FIXED_POINT_ROUNDS_MAX && dBar > least; round++) {
    const { sumPositive } = await evaluateAt(dBar)
    const observed = sumPositive / feesScaled
    const next = larger(least, observed < dBar ? observed : dBar)
    if (next === dBar) break
    dBar = next
  }
  return dBar
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
