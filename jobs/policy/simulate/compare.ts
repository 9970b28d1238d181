import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { type CarryState, loadState, movedOf } from '../../carry-state.ts'
import { compareText } from '../../funding/channels.ts'
import { ConservationError } from '../../settlement/errors.ts'
import type { LineKind } from '../../settlement/lines.ts'

const settledLines = readSql(new URL('./settled-lines.sql', import.meta.url))

/** Atoms under the policies that were in force, under the one that is tried, and what that adds. */
export interface Change {
  readonly before: bigint
  readonly after: bigint
  readonly delta: bigint
}

/** What an account earned with one kind of line. */
export interface AccountChange extends Change {
  readonly account: string
  readonly token: string
  readonly kind: LineKind
}

/** Where atoms of a token are at the end; what accounts earned is paid out to them, or small. `balances`: nobody's fees took them. */
const PLACES = [
  'paid',
  'small',
  'pools',
  'reserves',
  'waiting',
  'outside',
  'outcomes',
  'disputes',
  'recoveries',
  'unattributed',
  'balances',
] as const
type Place = (typeof PLACES)[number]

export interface TokenChange {
  readonly token: string
  /** Σ of the accounts. */
  readonly earned: Change
  /** In the epochs: paid. At the end of the last one: the rest. Their deltas sum to 0. */
  readonly places: Readonly<Record<Place, Change>>
}

export interface Comparison {
  /** Those who gain most first, those who lose most last; one entry a (account, token, kind), also of those for whom nothing changes. */
  readonly accounts: readonly AccountChange[]
  /** Ascending. */
  readonly tokens: readonly TokenChange[]
}

/**
 * Compares what two warehouses settled in the epochs `from` to `to`.
 *
 * @throws ConservationError when what one of them has more is not what the other has less of
 */
export async function compareSettled(before: Database, after: Database, from: number, to: number): Promise<Comparison> {
  const accounts = compareLines(await linesOf(before, from, to), await linesOf(after, from, to))
  const places = [await placesOf(before, from, to), await placesOf(after, from, to)] as const
  const names = new Set([...accounts, ...places[0].keys(), ...places[1].keys()].map((each) => tokenOf(each)))
  const tokens = [...names].sort(compareText).map((token): TokenChange => {
    const earned = accounts.filter((each) => each.token === token)
    const change = (place: Place) => changeOf(places[0].get(token)?.[place], places[1].get(token)?.[place])
    return {
      token,
      earned: changeOf(sumOf(earned.map((each) => each.before)), sumOf(earned.map((each) => each.after))),
      places: Object.fromEntries(PLACES.map((place) => [place, change(place)])) as TokenChange['places'],
    }
  })
  for (const { token, places: found } of tokens) {
    const [into, out] = (['before', 'after'] as const).map((side) => sumOf(PLACES.map((place) => found[place][side])))
    if (into !== out) throw new ConservationError({ epoch: to, token, into: into!, out: out! })
  }
  return { accounts, tokens }
}

function tokenOf(each: string | { readonly token: string }): string {
  return typeof each === 'string' ? each : each.token
}

type LineSum = { readonly account: string; readonly token: string; readonly kind: LineKind; readonly amount: bigint }

function linesOf(warehouse: Database, from: number, to: number): Promise<LineSum[]> {
  return warehouse.all<LineSum>(settledLines, { from, to })
}

function compareLines(before: readonly LineSum[], after: readonly LineSum[]): AccountChange[] {
  const sums = new Map<string, LineSum & { before: bigint; after: bigint }>()
  for (const [side, lines] of [
    ['before', before],
    ['after', after],
  ] as const)
    for (const line of lines) {
      const key = `${line.account}/${line.token}/${line.kind}`
      const sum = sums.get(key) ?? { ...line, before: 0n, after: 0n }
      sums.set(key, sum)
      sum[side] = line.amount
    }
  return [...sums.values()]
    .map(({ account, token, kind, ...sum }) => ({ account, token, kind, ...changeOf(sum.before, sum.after) }))
    .sort(
      (a, b) =>
        (a.delta === b.delta ? 0 : a.delta > b.delta ? -1 : 1) ||
        compareText(a.account, b.account) ||
        compareText(a.token, b.token) ||
        compareText(a.kind, b.kind),
    )
}

/** By token. */
async function placesOf(warehouse: Database, from: number, to: number): Promise<Map<string, Record<Place, bigint>>> {
  const places = new Map<string, Record<Place, bigint>>()
  const add = (token: string, place: Place, amount: bigint) => {
    const own = places.get(token) ?? (Object.fromEntries(PLACES.map((each) => [each, 0n])) as Record<Place, bigint>)
    places.set(token, own)
    own[place] += amount
  }
  for (const row of await warehouse.all<{ token: string; paid: bigint; small: bigint }>(
    `SELECT token, sum(cumulative - amount_before)::HUGEINT AS paid, coalesce(sum(small) FILTER (epoch = $to), 0)::HUGEINT AS small
     FROM account_total WHERE epoch BETWEEN $from AND $to GROUP BY token`,
    { from, to },
  )) {
    add(row.token, 'paid', row.paid)
    add(row.token, 'small', row.small)
  }
  addHeld(await loadState(warehouse, to), add)
  return places
}

function addHeld(state: CarryState, add: (token: string, place: Place, amount: bigint) => void): void {
  for (const { token, amount } of state.balances) add(token, 'balances', BigInt(amount))
  for (const { token, pool } of state.periods) add(token, 'pools', BigInt(pool))
  for (const { token, amount } of state.reserves) add(token, 'reserves', BigInt(amount))
  for (const each of state.waiting) add(each.token, 'waiting', BigInt(each.part) - movedOf(each))
  for (const { token, fees } of state.outside) add(token, 'outside', BigInt(fees))
  for (const { token, part } of state.outcomes) add(token, 'outcomes', BigInt(part))
  for (const { token, bond, held } of state.disputes) add(token, 'disputes', BigInt(bond) + BigInt(held))
  for (const { token, amount } of state.recoveries) add(token, 'recoveries', BigInt(amount))
  for (const { token, amount } of state.unattributed) add(token, 'unattributed', BigInt(amount))
}

function changeOf(before = 0n, after = 0n): Change {
  return { before, after, delta: after - before }
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}
