import { apportion } from '../apportion.ts'
import { cappedMultipliers } from './caps.ts'
import { errorBoundNano } from './certificate.ts'
import { type AccountItems, clusterContributions } from './clusters.ts'
import type { Curvature, CurvatureSum } from './curvature.ts'
import { type Demand, demandOf, nextLevel, type Valued } from './demand.ts'
import { type DemandVector, demandVectorOf } from './demand-vector.ts'
import { shiftedFees, sumOfFees } from './fees.ts'
import { gradientsOfEvents, gradientsOfItems } from './gradients.ts'
import type { Group } from './groups.ts'
import { maximum } from './integers.ts'
import { movementOf } from './movement.ts'
import type { Movement } from './movement-input.ts'
import type { Contribution, PeriodEvent, Shape } from './period.ts'
import { type AccountGroups, scoreAccounts } from './scores.ts'
import { Solver } from './solve.ts'

export interface PeriodInput {
  readonly shape: Shape
  /** Of the same shape; may have served other periods of the same feature map. */
  readonly curvature: CurvatureSum
  readonly contributions: readonly Contribution[]
  readonly events: readonly PeriodEvent[]
  readonly dataParts: number
  readonly minEvents: number
  readonly dBarFixed: bigint | null
  /** What is divided when the period pays, smallest unit. */
  readonly pool: bigint
}

interface AccountResult {
  readonly account: string
  readonly items: number
  readonly duplicates: number
  readonly s: bigint
  readonly pay: bigint
}

/** What is known of every period in which there was something to solve. */
interface Solved {
  readonly lambda: bigint
  readonly lambdaRetries: number
  /** k. */
  readonly exponent: number
  /** k_V. */
  readonly vExponent: number
  readonly dBar: bigint
  readonly sumPositive: bigint
  readonly denominator: bigint
  readonly v: Int32Array
  readonly x: Float64Array
  readonly vErrorNano: bigint
}

/** What a period that pays has besides. */
interface Payment {
  readonly paid: bigint
  /** What of the pool nobody is paid. */
  readonly left: bigint
  readonly dBarNext: bigint
  readonly dBarFixed: bigint
}

export interface PeriodResult {
  /** Kept or withdrawn. */
  readonly items: number
  readonly duplicates: number
  readonly effectiveEvents: bigint
  readonly accounts: readonly AccountResult[]
  readonly solved: Solved | undefined
  /** Undefined when the period does not pay. */
  readonly payment: Payment | undefined
}

/** Steps 6 and 7 of some weights. */
interface Scored extends Valued {
  readonly vector: DemandVector
  /** s by account. */
  readonly scores: readonly bigint[]
}

/** The items of a period as steps 1 to 4 leave them. */
interface Model {
  readonly curvature: Curvature
  readonly movement: Movement
  readonly scoreOf: (weights: readonly bigint[]) => Scored
}

/** Attribution of one period of (model, token), docs/attribution.md steps 0 to 9. */
export function attributePeriod(input: PeriodInput): PeriodResult {
  const accounts = clusterContributions(input.contributions)
  const fees = shiftedFees(input.events.map(({ fee }) => fee))
  const canPay = input.dataParts > 0 && sumOfFees(fees) > 0n
  const model = canPay ? modelOf(accounts, input) : undefined
  if (model === undefined) return resultOf(accounts, undefined, [])

  const { curvature, movement } = model
  const demandInput = { ...input, fees, movement }
  const demand = demandOf(demandInput, model.scoreOf)
  const { sumPositive, vector, scores } = demand.value
  const denominator = maximum(sumPositive, demand.dBar * sumOfFees(fees))
  const doesPay = demand.effectiveEvents >= BigInt(input.minEvents)
  const parts = doesPay ? divide(input.pool, demand, denominator) : []
  const { x, v, vExponent, lambdaRetries } = vector
  return {
    ...resultOf(accounts, scores, parts),
    effectiveEvents: demand.effectiveEvents,
    solved: {
      lambda: curvature.lambda,
      lambdaRetries,
      exponent: movement.exponent,
      vExponent,
      dBar: demand.dBar,
      sumPositive,
      denominator,
      v,
      x,
      vErrorNano: errorBoundNano(curvature, vector),
    },
    payment: doesPay ? { ...sumsOf(parts), ...nextLevel(demand, demandInput) } : undefined,
  }
}

/** Steps 1 to 4; undefined when there is nothing to solve. */
function modelOf(accounts: readonly AccountItems[], { curvature: sum, events, shape }: PeriodInput): Model | undefined {
  const items = accounts.flatMap(({ kept, withdrawn }) => [...kept, ...withdrawn])
  if (items.length === 0) return undefined
  const curvature = sum.of(items)
  const solver = new Solver(curvature.withRidge(curvature.lambda), curvature.size)
  const multipliers = cappedMultipliers(items)
  const gradients = gradientsOfItems(items, shape)
  const eventGradients = gradientsOfEvents(events, shape)
  const groups = groupsOf(accounts)
  const movement = movementOf(
    groups.flatMap(({ kept, withdrawn }) => [kept, withdrawn]).filter((group) => group !== undefined),
    { items: gradients, multipliers, events: eventGradients, solver, shape },
  )
  if (movement === undefined) return undefined
  const scoreOf = (weights: readonly bigint[]) => {
    const vector = demandVectorOf(eventGradients, weights, curvature, solver, shape)
    const scores = scoreAccounts(groups, gradients, multipliers, vector.v, movement.exponent - vector.vExponent)
    return { vector, scores, sumPositive: scores.reduce((sum, score) => sum + maximum(0n, score), 0n) }
  }
  return { curvature, movement, scoreOf }
}

/** Rows stand by account, kept items before withdrawn ones. */
function groupsOf(accounts: readonly AccountItems[]): AccountGroups[] {
  let next = 0
  const take = (count: number): Group | undefined => {
    const first = next
    next += count
    return count === 0 ? undefined : { first, end: next }
  }
  return accounts.map(({ kept, withdrawn }) => ({ kept: take(kept.length), withdrawn: take(withdrawn.length) }))
}

/** Step 8: parts of the accounts, and last what nobody is paid. */
function divide(pool: bigint, { value }: Demand<Scored>, denominator: bigint): bigint[] {
  const weights = value.scores.map((score) => maximum(0n, score))
  return apportion(pool, [...weights, denominator - value.sumPositive])
}

function sumsOf(parts: readonly bigint[]): { paid: bigint; left: bigint } {
  const left = parts.at(-1)!
  return { paid: parts.reduce((sum, part) => sum + part, 0n) - left, left }
}

/** @param parts empty when the period does not pay */
function resultOf(
  accounts: readonly AccountItems[],
  scores: readonly bigint[] | undefined,
  parts: readonly bigint[],
): PeriodResult {
  return {
    items: accounts.reduce((sum, { kept, withdrawn }) => sum + kept.length + withdrawn.length, 0),
    duplicates: accounts.reduce((sum, { duplicates }) => sum + duplicates, 0),
    effectiveEvents: 0n,
    accounts: accounts.map(({ account, kept, withdrawn, duplicates }, index) => ({
      account,
      items: kept.length + withdrawn.length,
      duplicates,
      s: scores?.[index] ?? 0n,
      pay: parts[index] ?? 0n,
    })),
    solved: undefined,
    payment: undefined,
  }
}
