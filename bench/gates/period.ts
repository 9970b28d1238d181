import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import type { AttributionMethod, PeriodInput, PeriodResult } from '../../jobs/attribution/method.ts'
import type { FactoredRows, PeriodEvents } from '../../jobs/attribution/rows.ts'

/** Half of each fee goes to data. */
export const DATA_PARTS = 500_000

/** The rule that is tried. */
export interface Rule {
  readonly method: AttributionMethod
  readonly kernels: Kernels
}

/** Contributions with their owners, and K of them, which no purchase changes. */
export interface Contributed {
  readonly rows: FactoredRows
  readonly account: Uint32Array
  readonly accounts: number
  readonly withdrawn?: Uint8Array
  readonly curvature?: BigInt64Array
}

/** A period that was attributed, and what it pays. */
export interface Paid {
  readonly result: PeriodResult
  /** Part of the pool by account; what the floor leaves is nobody's. */
  readonly pay: Float64Array
  /** Share of all that is paid, by account. */
  readonly shares: Float64Array
}

/**
 * What of a pool a period may pay, as jobs/settlement does it (docs/formats.md#settlement rule 5): at most 10/9 of its own.
 *
 * @param own data's part of the period's own fees
 */
export function payablePool(own: number, carried: number): number {
  return Math.min(own + carried, (own * 10) / 9)
}

/** What of a pool goes on to the next period: at most as much as this one's own, or as came to it; the rest is nobody's. */
export function carriedPool(own: number, carried: number, paid: number): number {
  return Math.min(Math.max(own, carried), own + carried - paid)
}

/** What several gates ask for is computed once. */
const known = new WeakMap<Contributed, WeakMap<PeriodEvents, Map<string, Promise<Paid>>>>()

/**
 * Attributes one period.
 *
 * @param dBarFixed of the period before; null: there was none
 * @param dataParts what the rule is told that data gets of each fee
 */
export function payPeriod(
  rule: Rule,
  contributed: Contributed,
  events: PeriodEvents,
  dBarFixed: bigint | null = null,
  dataParts = DATA_PARTS,
): Promise<Paid> {
  const byEvents = known.get(contributed) ?? new WeakMap<PeriodEvents, Map<string, Promise<Paid>>>()
  known.set(contributed, byEvents)
  const byLevel = byEvents.get(events) ?? new Map<string, Promise<Paid>>()
  byEvents.set(events, byLevel)
  const key = `${rule.method.name} ${dBarFixed} ${dataParts}`
  const paid = byLevel.get(key) ?? attribute(rule, contributed, events, dBarFixed, dataParts)
  byLevel.set(key, paid)
  return paid
}

async function attribute(
  { method, kernels }: Rule,
  contributed: Contributed,
  events: PeriodEvents,
  dBarFixed: bigint | null,
  dataParts: number,
): Promise<Paid> {
  const { rows, account, accounts, curvature } = contributed
  const input: PeriodInput = {
    accounts,
    items: { rows, account, withdrawn: contributed.withdrawn ?? new Uint8Array(rows.count) },
    events,
    dataParts,
    minEvents: 1,
    dBarFixed,
    kernels,
    ...(curvature === undefined ? {} : { curvature }),
  }
  const result = await method.attribute(input)
  if (result === undefined) throw new RangeError('A period without gradients or fees has nothing to measure.')
  return { result, ...paymentsOf(result) }
}

function paymentsOf({ scores, denominator, sumPositive }: PeriodResult): Pick<Paid, 'pay' | 'shares'> {
  const positive = Float64Array.from(scores, (score) => Math.max(0, Number(score)))
  return {
    pay: positive.map((score) => score / Number(denominator)),
    shares: positive.map((score) => (sumPositive === 0n ? 0 : score / Number(sumPositive))),
  }
}

/** Sum of `values` at `accounts`. */
export function sumAt(values: Float64Array, accounts: readonly number[]): number {
  return accounts.reduce((sum, account) => sum + values[account]!, 0)
}

/** Mean of what `values` gives to `accounts` over the mean of what it gives to all others. */
export function againstOthers(values: Float64Array, accounts: readonly number[]): number {
  const theirs = sumAt(values, accounts)
  const all = values.reduce((sum, value) => sum + value, 0)
  return theirs / accounts.length / ((all - theirs) / (values.length - accounts.length))
}
