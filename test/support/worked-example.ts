import { influenceFactored } from '../../jobs/attribution/influence-factored/influence-factored.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { FactoredRows } from '../../jobs/attribution/rows.ts'
import { apportion } from '../../jobs/settlement/apportion.ts'

interface Row {
  readonly name: string
  readonly p: readonly number[]
  readonly label: number
}

/** The inputs of the example of docs/how-pay-is-computed.md. */
export interface WorkedExample {
  readonly rank: number
  readonly classes: number
  readonly items: readonly (Row & { readonly account: string; readonly a: readonly number[]; readonly ua: number })[]
  readonly uses: readonly (Row & {
    readonly fee: number
    readonly b: readonly number[]
    readonly ub: number
    readonly p16: number
  })[]
  readonly dataParts: number
}

export interface WorkedOutcome {
  /** Value of each item as a part of the sum of all positive ones, thousandths. */
  readonly values: readonly { readonly name: string; readonly value: number }[]
  readonly accounts: readonly { readonly account: string; readonly share: number; readonly paid: number }[]
  readonly pool: number
  readonly carried: number
}

/** Computes the example with the default method. */
export async function workOut({ rank, classes, items, uses, dataParts }: WorkedExample): Promise<WorkedOutcome> {
  const rowsOf = (rows: readonly Row[], factors: readonly (readonly number[])[], multipliers: readonly number[]) =>
    ({
      kind: 'factored',
      count: rows.length,
      rank,
      classes,
      checkpointCount: 0,
      factors: Int8Array.from(factors.flat()),
      multipliers: Uint16Array.from(multipliers),
      probabilities: Uint16Array.from(rows.flatMap(({ p }) => p)),
      checkpoints: new Uint16Array(0),
      labels: Uint16Array.from(rows, ({ label }) => label),
    }) satisfies FactoredRows
  const accounts = [...new Set(items.map(({ account }) => account))].sort()
  const contributed = rowsOf(
    items,
    items.map(({ a }) => a),
    items.map(({ ua }) => ua),
  )
  const asked = rowsOf(
    uses,
    uses.map(({ b }) => b),
    uses.map(({ ub }) => ub),
  )
  const result = await influenceFactored.attribute({
    accounts: accounts.length,
    items: {
      rows: contributed,
      account: Uint32Array.from(items, ({ account }) => accounts.indexOf(account)),
      withdrawn: new Uint8Array(items.length),
    },
    events: {
      rows: asked,
      p16: Uint16Array.from(uses, ({ p16 }) => p16),
      fees: Float64Array.from(uses, ({ fee }) => fee),
      own: new Uint8Array(uses.length),
    },
    dataParts,
    minEvents: 1,
    dBarFixed: null,
    kernels: plainKernels,
  })
  if (result === undefined) throw new Error('There is nothing to solve in the example.')
  const fees = uses.reduce((sum, { fee }) => sum + BigInt(fee), 0n)
  const pool = (fees * BigInt(dataParts)) / 1_000_000n
  const weights = result.scores.map((score) => (score > 0n ? score : 0n))
  const amounts = apportion(pool, [...weights, result.denominator - result.sumPositive])
  const positive = result.values.reduce((sum, value) => sum + Math.max(0, value), 0)
  return {
    values: items.map(({ name }, item) => ({ name, value: Math.round((1_000 * result.values[item]!) / positive) })),
    accounts: accounts.map((account, index) => ({
      account,
      share: Math.round(1_000 * result.intervals[index]!.value),
      paid: Number(amounts[index]!),
    })),
    pool: Number(pool),
    carried: Number(amounts.at(-1)!),
  }
}
