import type { FactoredRows, PeriodItems } from '../attribution/rows.ts'
import { joinRows, pickRows } from './event-rows.ts'
import { addedCurvature, attribute, type PaidPeriod, payableOf, payOf } from './paid-period.ts'
import type { SeededDraws } from './seeded-draws.ts'
import { percentOf, type Simulated } from './simulated.ts'

/** Accounts that are cut, the best paid first. */
const SPLIT_ACCOUNTS = 3
const SPLIT_INTO = [2, 10]
/** A stranger brings so many contributions for each hundred that there are, within these limits. */
const ADDED_PERCENT = 10
const ADDED_MAX = 100
const FACTOR_MAX = 63

/** The best paid accounts of a period, those with the lowest bytes first among equals. */
export function bestPaid({ result: { scores } }: PaidPeriod, count: number): number[] {
  const order = [...scores.keys()].filter((at) => scores[at]! > 0n)
  return order.sort((a, b) => (scores[a]! === scores[b]! ? a - b : scores[a]! > scores[b]! ? -1 : 1)).slice(0, count)
}

/** The best paid accounts go by several names, each with a part of the contributions, at random. */
export async function simulateSplits(period: PaidPeriod, draws: SeededDraws): Promise<Simulated[]> {
  const found: Simulated[] = []
  for (const account of bestPaid(period, SPLIT_ACCOUNTS))
    for (const names of SPLIT_INTO) {
      const one = await splitInto(period, account, names, draws)
      if (one !== undefined) found.push(one)
    }
  return found
}

async function splitInto(
  period: PaidPeriod,
  account: number,
  names: number,
  draws: SeededDraws,
): Promise<Simulated | undefined> {
  const { items, accounts } = period
  const added = accounts.length
  const split = items.account.map((each) => {
    if (each !== account) return each
    const name = draws.next(names)
    return name === 0 ? account : added + name - 1
  })
  const all = [account, ...Array.from({ length: names - 1 }, (_, at) => added + at)]
  const result = await attribute(period, { items: { ...items, account: split }, accounts: added + names - 1 })
  if (result === undefined) return undefined
  const payable = payableOf(period)
  const before = payOf(period.result, [account], payable)
  const after = payOf(result, all, payable)
  return {
    ...{ attack: 'split', what: `goes by ${names} names`, account: accounts[account]! },
    ...{ before, after, spent: 0n, back: 0n, percent: percentOf(after - before, before) },
  }
}

/**
 * A stranger brings copies of the contributions that were worth most, and no search for duplicates sees that they are copies. (Copies
 * that it sees earn nothing: they are no items of any period.)
 */
export async function simulateCopies(period: PaidPeriod): Promise<Simulated[]> {
  const { values } = period.result
  const best = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, addedCount(period))
  return stranger(period, pickRows(period.items.rows, best), {
    attack: 'copy',
    what: `copies the best ${best.length} contributions, unseen`,
  })
}

/** A stranger brings contributions whose features are drawn at random, as strong and as sure as real ones. */
export async function simulateJunk(period: PaidPeriod, draws: SeededDraws): Promise<Simulated[]> {
  const { rows } = period.items
  const count = addedCount(period)
  const from = Array.from({ length: count }, () => draws.next(rows.count))
  const junk: FactoredRows = {
    ...pickRows(rows, from),
    factors: Int8Array.from({ length: count * rows.rank }, () => draws.next(2 * FACTOR_MAX + 1) - FACTOR_MAX),
    labels: Uint16Array.from({ length: count }, () => draws.next(rows.classes)),
  }
  return stranger(period, junk, { attack: 'junk', what: `brings ${count} random contributions` })
}

function addedCount({ items }: PaidPeriod): number {
  return Math.max(1, Math.min(ADDED_MAX, Math.floor((items.rows.count * ADDED_PERCENT) / 100)))
}

async function stranger(
  period: PaidPeriod,
  added: FactoredRows,
  of: Pick<Simulated, 'attack' | 'what'>,
): Promise<Simulated[]> {
  const { items, accounts } = period
  const count = items.rows.count + added.count
  const widened: PeriodItems & { rows: FactoredRows } = {
    rows: joinRows(items.rows, added),
    account: Uint32Array.from({ length: count }, (_, item) => items.account[item] ?? accounts.length),
    withdrawn: Uint8Array.from({ length: count }, (_, item) => items.withdrawn[item] ?? 0),
  }
  const curvature = await addedCurvature(period, added)
  const result = await attribute(period, { items: widened, curvature, accounts: accounts.length + 1 })
  if (result === undefined) return []
  const payable = payableOf(period)
  const after = payOf(result, [accounts.length], payable)
  const honest = payOf(result, [...accounts.keys()], payable)
  // So many honest contributions get so much on average: honest · added / items.
  const percent = percentOf(after * BigInt(items.rows.count), honest * BigInt(added.count))
  return [{ ...of, account: null, before: 0n, after, spent: 0n, back: 0n, percent }]
}
