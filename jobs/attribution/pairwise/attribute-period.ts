import { bitLength } from '../../integers.ts'
import { PeriodTooLargeError } from '../errors.ts'
import type { PeriodInput, PeriodResult, ShareInterval } from '../method.ts'
import type { EventWeights } from '../rule/demand.ts'
import { applyRule, type Evaluation, groupsOf, scoresOf, sumOfFees } from '../rule/payout-rule.ts'

/** Scores of events × groups that are kept at once, 8 bytes each. */
const SCORES_MAX = 2 ** 25
const VALUE_BITS = 52

/** A method whose score of a pair is no product of two vectors: it is asked for each event. */
export interface PairScores {
  /** Scores are whole numbers in units of 2^−exponent. */
  readonly exponent: number
  /** Writes the score of every item on the event. */
  scoresOf(event: number, out: Float64Array): void
}

/**
 * The payout rule over scores of pairs: docs/attribution.md steps 4, 5, 7 and 8 with T of a group as the sum of its pairs. Time
 * grows with events · contributions; there is no vector V.
 *
 * @throws PeriodTooLargeError
 */
export async function attributePairs(input: PeriodInput, pairs: PairScores): Promise<PeriodResult | undefined> {
  const feesScaled = sumOfFees(input.events.fees)
  if (feesScaled === 0n || input.items.rows.count === 0) return undefined
  const t = groupScores(input, pairs)
  if (t.every((score) => score === 0)) return undefined
  const { p16, own } = input.events
  const { result, ...ruled } = await applyRule(
    {
      input,
      base: Uint32Array.from(p16, (p, event) => (own[event] === 1 ? 0 : p)),
      movement: movements(t, 2 * input.accounts),
      exponent: pairs.exponent,
      evaluate: async (weights) => evaluate(t, weights, input.accounts),
    },
    feesScaled,
  )
  return {
    ...ruled,
    effectiveEvents: result.weights.effectiveEvents,
    lambda: 0n,
    lambdaRetries: 0,
    exponent: pairs.exponent,
    scores: result.scores,
    sumPositive: result.sumPositive,
    intervals: shares(result),
    v: new Int32Array(0),
    vExponent: 0,
    x: new Float64Array(0),
    vErrorNano: 0n,
    values: itemValues(input, pairs, result.weights),
  }
}

/** events × groups: T of step 4. */
function groupScores(input: PeriodInput, pairs: PairScores): Float64Array {
  const groups = groupsOf(input.items)
  const width = 2 * input.accounts
  const events = input.events.rows.count
  if (events * width > SCORES_MAX)
    throw new PeriodTooLargeError({ events, accounts: input.accounts, limit: SCORES_MAX / 2 })
  const t = new Float64Array(events * width)
  const scores = new Float64Array(groups.length)
  for (let event = 0; event < events; event++) {
    pairs.scoresOf(event, scores)
    for (let item = 0; item < scores.length; item++) t[event * width + groups[item]!]! += scores[item]!
  }
  return t
}

function movements(t: Float64Array, width: number): BigInt64Array {
  return BigInt64Array.from({ length: t.length / width }, (_, event) => {
    let positive = 0n
    let negative = 0n
    for (let at = event * width; at < (event + 1) * width; at++) {
      if (t[at]! > 0) positive += BigInt(t[at]!)
      else negative -= BigInt(t[at]!)
    }
    return 1n + (positive > negative ? positive : negative)
  })
}

function evaluate(t: Float64Array, weights: EventWeights, accounts: number): Evaluation {
  const sums = new Array<bigint>(2 * accounts).fill(0n)
  for (let event = 0; event < weights.limbs[0].length; event++) {
    const m = weightOf(weights, event)
    if (m === 0n) continue
    for (let group = 0; group < sums.length; group++) {
      const score = t[event * sums.length + group]!
      if (score !== 0) sums[group]! += m * BigInt(score)
    }
  }
  const scores = scoresOf(sums)
  return { weights, scores, sumPositive: scores.reduce((sum, score) => (score > 0n ? sum + score : sum), 0n) }
}

/** Σ m · score of each item, scaled down by the power of two that brings the largest below 2^52. */
function itemValues(input: PeriodInput, pairs: PairScores, weights: EventWeights): Float64Array {
  const values = new Array<bigint>(input.items.rows.count).fill(0n)
  const scores = new Float64Array(values.length)
  for (let event = 0; event < input.events.rows.count; event++) {
    const m = weightOf(weights, event)
    if (m === 0n) continue
    pairs.scoresOf(event, scores)
    for (let item = 0; item < scores.length; item++) if (scores[item] !== 0) values[item]! += m * BigInt(scores[item]!)
  }
  const most = values.reduce(
    (found, value) => (value < 0n ? (-value > found ? -value : found) : value > found ? value : found),
    0n,
  )
  const shift = BigInt(Math.max(0, bitLength(most) - VALUE_BITS))
  return Float64Array.from(values, (value) => Number(value >> shift))
}

function weightOf({ limbs: [low, middle, high] }: EventWeights, event: number): bigint {
  return BigInt(low[event]!) + (BigInt(middle[event]!) << 24n) + (BigInt(high[event]!) << 48n)
}

/** Without an interval: there is no ensemble to leave members out of. */
function shares({ scores, sumPositive }: Evaluation): ShareInterval[] {
  return scores.map((score) => {
    const value = score > 0n ? Number((score << 52n) / sumPositive) / 2 ** 52 : 0
    return { low: value, value, high: value }
  })
}
