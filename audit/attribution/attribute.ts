import { apportion } from '../apportion.ts'
import { type AccountScore, scoreAccounts } from './account-scores.ts'
import { cappedMultipliers } from './caps.ts'
import { errorBoundNano } from './certificate.ts'
import { ACCOUNTS_MAX, type AccountItems, clusterContributions, ITEMS_MAX } from './clusters.ts'
import { type Curvature, curvatureOf } from './curvature.ts'
import { type Demand, demandOf, FIXED_EXPONENT, nextDBar, sumOfShiftedFees } from './demand.ts'
import { scoreEvents } from './event-scores.ts'
import { maximum, shifted } from './integers.ts'
import { itemVectorOf } from './item-vector.ts'
import type { Contribution, PeriodEvent, Shape } from './period.ts'
import { Solver, withRidge } from './solve.ts'

interface PeriodInput {
  readonly shape: Shape
  readonly contributions: readonly Contribution[]
  readonly events: readonly PeriodEvent[]
  readonly dataParts: number
  readonly minEvents: number
  readonly dBarFixed: bigint | null
  /** To be divided when the period pays, smallest unit. */
  readonly pool: bigint
}

interface AccountResult {
  readonly account: string
  readonly items: number
  readonly duplicates: number
  readonly score: AccountScore | undefined
  readonly s: bigint
  readonly pay: bigint
}

/** What is known of every period in which there was something to solve. */
interface Solved {
  readonly lambda: bigint
  readonly kMax: number
  readonly dBar: bigint
  readonly sumPositive: bigint
  readonly denominator: bigint
}

/** What a period that pays has besides. */
interface Payment {
  readonly paid: bigint
  readonly carried: bigint
  readonly dBarNext: bigint
  readonly dBarFixed: bigint
  readonly v: Int16Array
  readonly x: Float64Array
  readonly lambdaRetries: number
  readonly vErrorNano: bigint
}

export interface PeriodResult {
  /** Kept contributions. */
  readonly items: number
  readonly duplicates: number
  readonly effectiveEvents: bigint
  readonly accounts: readonly AccountResult[]
  readonly solved: Solved | undefined
  /** Undefined when the period does not pay. */
  readonly payment: Payment | undefined
}

/**
 * Attribution of one period of (model, token), docs/attribution.md steps 0 to 8.
 */
export function attributePeriod(input: PeriodInput): PeriodResult {
  const accounts = clusterContributions(input.contributions)
  const kept = accounts.flatMap((account) => account.kept)
  const counts = { items: kept.length, duplicates: accounts.reduce((sum, account) => sum + account.duplicates, 0) }
  const nothing = (): PeriodResult => ({
    ...counts,
    effectiveEvents: 0n,
    accounts: accounts.map((account) => resultOf(account, undefined, 0n, 0n)),
    solved: undefined,
    payment: undefined,
  })
  if (accounts.length > ACCOUNTS_MAX || kept.length > ITEMS_MAX) return nothing()
  if (kept.length === 0 || input.dataParts === 0 || sumOfShiftedFees(input.events) === 0n) return nothing()

  const curvature = curvatureOf(kept, input.shape)
  const solver = new Solver(withRidge(curvature.k, curvature.size, curvature.lambda), curvature.size)
  const u = cappedMultipliers(kept)
  const multipliers = new Map(kept.map((item, index) => [item, u[index]!]))
  const scores = scoreAccounts(accounts, multipliers, input.shape, solver)
  const scored = scores.filter((score) => score !== undefined)
  if (scored.length === 0) return nothing()

  const eventScores = scoreEvents(input.events, scored, input.shape)
  const demand = demandOf({
    events: input.events,
    scores: eventScores,
    dataParts: input.dataParts,
    dBarFixed: input.dBarFixed,
  })
  const denominator = maximum(demand.sumPositive, demand.dBar * demand.fees)
  const doesPay = demand.effectiveEvents >= BigInt(input.minEvents)
  const pays = doesPay ? divide(input.pool, demand, denominator) : undefined
  const { kMax } = eventScores
  return {
    ...counts,
    effectiveEvents: demand.effectiveEvents,
    accounts: accountResults(accounts, scores, demand, pays),
    solved: { lambda: curvature.lambda, kMax, dBar: demand.dBar, sumPositive: demand.sumPositive, denominator },
    payment:
      pays === undefined
        ? undefined
        : {
            ...divisionOf(pays, demand, kMax, input.dBarFixed === null),
            ...vectorOf(input, demand, curvature, solver),
          },
  }
}

/** Step 6: shares of the scored accounts, and last what is carried. */
function divide(pool: bigint, demand: Demand, denominator: bigint): bigint[] {
  const weights = demand.scores.map((score) => maximum(0n, score))
  return apportion(pool, [...weights, denominator - demand.sumPositive])
}

function divisionOf(pays: readonly bigint[], demand: Demand, kMax: number, isFirst: boolean) {
  const carried = pays.at(-1)!
  const dBarNext = nextDBar(demand, isFirst)
  return {
    paid: pays.reduce((sum, pay) => sum + pay, 0n) - carried,
    carried,
    dBarNext,
    dBarFixed: shifted(dBarNext, FIXED_EXPONENT - kMax),
  }
}

function vectorOf({ events, shape }: PeriodInput, { weights }: Demand, curvature: Curvature, solver: Solver) {
  const vector = itemVectorOf(events, weights, curvature, solver, shape)
  const { v, x, lambdaRetries } = vector
  return { v, x, lambdaRetries, vErrorNano: errorBoundNano(curvature, vector) }
}

/** Accounts without a score take no part in the demand: the numbers of the others stand without gaps. */
function accountResults(
  accounts: readonly AccountItems[],
  scores: readonly (AccountScore | undefined)[],
  demand: Demand,
  pays: readonly bigint[] | undefined,
): AccountResult[] {
  let next = 0
  return accounts.map((account, index) => {
    const score = scores[index]
    if (score === undefined) return resultOf(account, undefined, 0n, 0n)
    const at = next++
    return resultOf(account, score, demand.scores[at]!, pays?.[at] ?? 0n)
  })
}

function resultOf(account: AccountItems, score: AccountScore | undefined, s: bigint, pay: bigint): AccountResult {
  return { account: account.account, items: account.kept.length, duplicates: account.duplicates, score, s, pay }
}
