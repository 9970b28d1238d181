import { type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Manifest, ManifestPeriod } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { PeriodDraft } from '../attribution/attribute-epoch.ts'
import { type CarryState, heldAmounts, loadState } from '../carry-state.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import { compareText } from '../funding/channels.ts'
import { policyInForce } from '../funding/policy.ts'
import type { Ledger } from '../ledger.ts'
import { settleAdjustments, takeReservesAgain } from './adjustments.ts'
import { ChannelParts } from './channel-parts.ts'
import { releaseLowered, weighDeltas } from './contested-lines.ts'
import { type EndedDisputes, endDisputes, holdDisputed, NO_ENDS, writeStandings } from './disputes.ts'
import { ConservationError } from './errors.ts'
import { addTo, type Line, Lines } from './lines.ts'
import { type DividedOutcomes, divideOutcomes } from './outcomes.ts'
import { payChannels } from './pay-channels.ts'
import { payPeriod, type SettledPeriod } from './pay-period.ts'
import { dueBefore, loadPayouts, type Payout, payOut, writePayouts } from './payouts.ts'
import { type SplitFees, splitFees } from './pools.ts'
import { addReserves, returnReserves } from './reserves.ts'
import { giveUpCarried, overWith, retiredModels } from './retired.ts'
import { addSales } from './sales.ts'
import { settleWaiting, type Waited } from './waiting.ts'

const feeStatuses = readSql(new URL('./fee-statuses.sql', import.meta.url))

/** What `settle` leaves for `publish`. */
export interface SettlementDraft {
  readonly periods: readonly ManifestPeriod[]
  readonly conservation: Manifest['conservation']
}

export interface SettleOptions {
  readonly ledger: Ledger
  /** In the copy of a rerun: what an epoch pays for its fees, and nothing of what adjustments found. */
  readonly isRerun?: boolean
}

type Purses = Pick<CarryState, 'balances' | 'channels' | 'outside'>

/**
 * Settles the oldest attributed epoch: whole-number lines for each account, what is held, what is carried. Written in one
 * transaction together with the state `settled`; killed before COMMIT, the next call does it again.
 *
 * @throws ConservationError when a single atom would be lost or made; nothing is written then
 */
export async function settleEpoch(options: SettleOptions): Promise<StepResult> {
  const { warehouse } = options.ledger
  const row = await firstEpochIn(warehouse, 'attributed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No attributed epoch waits to be settled.' }
  const lines = await warehouse.transaction(() => settle(warehouse, row.epoch, options.isRerun ?? false))
  return { did: 'done', epoch: row.epoch, detail: `${lines} settlement lines.` }
}

async function settle(warehouse: Database, epoch: number, isRerun: boolean): Promise<number> {
  const before = await loadState(warehouse, epoch - 1)
  const draft = await warehouse.one<{ state_json: string }>('SELECT state_json FROM epoch WHERE epoch = $epoch', {
    epoch,
  })
  const { drafts, ...purses } = JSON.parse(draft!.state_json) as Purses & { drafts: PeriodDraft[] }
  const policy = await policyInForce(warehouse, epoch)
  const lines = new Lines()
  const sold = await addSales(warehouse, epoch, lines)
  const split: SplitFees =
    policy === undefined
      ? { parts: new ChannelParts(), waiting: [], unattributed: new Map(), outcomes: [] }
      : await splitFees(warehouse, epoch, policy, lines)
  const { parts } = split
  const waited = await settleWaiting(warehouse, epoch, before.waiting, split.waiting, parts)
  const nobodys = await payChannels(warehouse, epoch, parts, lines)
  const divided = await divideOutcomes(warehouse, epoch, [...before.outcomes, ...split.outcomes], lines)
  const returned = returnReserves(before, epoch)
  const { reserves } = returned
  const retired = await retiredModels(warehouse, epoch)
  const isOver = overWith(retired, { outside: purses.outside, waiting: waited.waiting, reserves })
  const isOpen = (of: { readonly model: string; readonly token: string }) =>
    drafts.some(({ model, token }) => model === of.model && token === of.token)
  const { periods, unattributed } = giveUpCarried(returned.periods, isOver, isOpen)
  const settled: SettledPeriod[] = []
  for (const period of drafts) {
    const key = `${period.model}/${period.token}`
    const joined = parts.of('features').get(key) ?? 0n
    settled.push(await payPeriod(warehouse, epoch, period, periods, { joined, isOver: isOver(period) }, policy!, lines))
  }
  // A rerun is of fees alone: disputes are none of its business.
  const ended = isRerun
    ? { ...NO_ENDS, open: before.disputes }
    : await endDisputes(warehouse, epoch, before.disputes, lines)
  const open = isRerun
    ? ended.open
    : releaseLowered(ended.open, await weighDeltas(warehouse, epoch, ended.taken), lines)
  const apart = { waited, divided, notTaken: split.unattributed, nobodys, givenUp: unattributed, ended }
  const unadjusted = nextState(epoch, { ...before, periods, reserves, retired }, purses, settled, apart)
  const adjusted = isRerun
    ? await takeReservesAgain(warehouse, epoch, unadjusted)
    : await settleAdjustments(warehouse, epoch, unadjusted, lines.sorted())
  for (const { amount, ...key } of adjusted.lines) lines.add(key, amount)
  const sorted = lines.sorted()
  const accounts = await loadPayouts(warehouse, epoch - 1)
  const { disputes, disputed } = isRerun
    ? { disputes: before.disputes, disputed: new Map<string, bigint>() }
    : holdDisputed(open, dueBefore(accounts, sorted, adjusted.netted))
  const state = { ...unadjusted, ...adjusted.books, disputes }
  const minimums = policy?.minimumPayouts ?? new Map<string, bigint>()
  const taken = { netted: adjusted.netted, disputed }
  const payouts = payOut(accounts, sorted, minimums, taken)
  const conservation = await conserve(warehouse, epoch, { before, after: state, payouts, minimums, sold, ended })
  await writeLines(warehouse, epoch, sorted)
  await writePayouts(warehouse, epoch, payouts)
  await writeStandings(warehouse, epoch, ended.standings, disputes)
  const settlement: SettlementDraft = { periods: settled.map((period) => period.entry), conservation }
  await warehouse.run('UPDATE epoch SET state_json = $state, settlement_json = $settlement WHERE epoch = $epoch', {
    epoch,
    state: JSON.stringify(state),
    settlement: JSON.stringify(settlement),
  })
  await setState(warehouse, epoch, 'attributed', 'settled')
  return sorted.length
}

/** What became of what belongs to no account yet. */
interface SetApart {
  readonly waited: Waited
  readonly divided: DividedOutcomes
  /** By token: data parts that no channel takes. */
  readonly notTaken: ReadonlyMap<string, bigint>
  /** By token: what channels divided, and is nobody's. */
  readonly nobodys: ReadonlyMap<string, bigint>
  /** By token: what periods of retired models left. */
  readonly givenUp: ReadonlyMap<string, bigint>
  readonly ended: EndedDisputes
}

function nextState(
  epoch: number,
  before: CarryState,
  purses: Purses,
  settled: readonly SettledPeriod[],
  { waited, divided, notTaken, nobodys, givenUp, ended }: SetApart,
): CarryState {
  const periods = new Map(before.periods.map((period) => [`${period.model}/${period.token}`, period]))
  for (const { next } of settled) periods.set(`${next.model}/${next.token}`, next)
  const unattributed = new Map(before.unattributed.map(({ token, amount }) => [token, BigInt(amount)]))
  const lost = [...notTaken, ...waited.unattributed, ...nobodys, ...givenUp]
  const added = [...lost, ...divided.unattributed, ...ended.unattributed]
  for (const [token, amount] of added) addTo(unattributed, token, amount)
  for (const { entry, unattributed: amount } of settled) addTo(unattributed, entry.token, amount)
  return {
    format: 'tallystick-state/1',
    epoch,
    ...purses,
    balances: withReturned(purses.balances, ended.returned),
    reserves: addReserves(
      before.reserves,
      settled.map(({ reserve }) => reserve),
    ),
    periods: [...periods.values()].sort((a, b) => compareText(a.model, b.model) || compareText(a.token, b.token)),
    unattributed: [...unattributed]
      .filter(([, amount]) => amount > 0n)
      .map(([token, amount]) => ({ amount: amount.toString(), token }))
      .sort((a, b) => compareText(a.token, b.token)),
    waiting: waited.waiting,
    outcomes: divided.outcomes,
    recoveries: before.recoveries,
    owed: before.owed,
    retired: before.retired,
    disputes: ended.open,
  }
}

/** Bonds that are their openers' again can be spent from the next epoch on. */
function withReturned(balances: CarryState['balances'], returned: EndedDisputes['returned']): CarryState['balances'] {
  if (returned.size === 0) return balances
  const sums = new Map(balances.map(({ payer, token, amount }) => [payer + token, BigInt(amount)]))
  for (const [key, bond] of returned) addTo(sums, key, bond)
  return [...sums]
    .map(([key, amount]) => ({
      amount: amount.toString(),
      payer: key.slice(0, key.length / 2),
      token: key.slice(key.length / 2),
    }))
    .sort((a, b) => compareText(a.payer, b.payer) || compareText(a.token, b.token))
}

/** What an epoch moved: state and accounts before and after it. */
interface Movement {
  readonly before: CarryState
  readonly after: CarryState
  readonly payouts: readonly Payout[]
  readonly minimums: ReadonlyMap<string, bigint>
  /** Prices of settled sales, by token. */
  readonly sold: ReadonlyMap<string, bigint>
  readonly ended: EndedDisputes
}

interface FeesOfToken {
  readonly token: string
  readonly funded: bigint
  readonly outside: bigint
  readonly released: bigint
  readonly refunded: bigint
  readonly unfunded: bigint
  readonly reported: bigint
}

/** funded + outside + sold + bonds + held in = out + held out + added to unattributed + refunded + bonds given back, exactly, for every token. */
async function conserve(
  warehouse: Database,
  epoch: number,
  { before, after, payouts, minimums, sold: sales, ended }: Movement,
): Promise<Manifest['conservation']> {
  const fees = await warehouse.all<FeesOfToken>(feeStatuses, { epoch })
  const moved = new Map<string, { out: bigint; smallIn: bigint; smallOut: bigint }>()
  for (const { token, before: paidBefore, cumulative, smallBefore, small } of payouts) {
    const sums = moved.get(token) ?? { out: 0n, smallIn: 0n, smallOut: 0n }
    moved.set(token, sums)
    sums.out += cumulative - paidBefore
    sums.smallIn += smallBefore
    sums.smallOut += small
  }
  const bondsReturned = new Map<string, bigint>()
  for (const [key, bond] of ended.returned) addTo(bondsReturned, key.slice(key.length / 2), bond)
  const named = [...fees, ...heldAmounts(after), ...after.unattributed, ...after.owed].map(({ token }) => token)
  const tokens = new Set([...named, ...moved.keys()])
  return [...tokens].sort(compareText).map((token) => {
    const fee = fees.find((row) => row.token === token)
    const { out, smallIn, smallOut } = moved.get(token) ?? { out: 0n, smallIn: 0n, smallOut: 0n }
    const heldIn = heldOf(before, token) + smallIn
    const heldOut = heldOf(after, token) + smallOut
    const unattributed = unattributedOf(after, token) - unattributedOf(before, token)
    const sold = sales.get(token) ?? 0n
    const [bonds, given] = [ended.bonds.get(token) ?? 0n, bondsReturned.get(token) ?? 0n]
    const into = (fee?.funded ?? 0n) + (fee?.outside ?? 0n) + sold + bonds + heldIn
    const outOf = out + heldOut + unattributed + (fee?.refunded ?? 0n) + given
    if (into !== outOf) throw new ConservationError({ epoch, token, into, out: outOf })
    return {
      token: token as Address,
      funded: (fee?.funded ?? 0n).toString(),
      outside: (fee?.outside ?? 0n).toString(),
      released: (fee?.released ?? 0n).toString(),
      refunded: (fee?.refunded ?? 0n).toString(),
      unfunded: (fee?.unfunded ?? 0n).toString(),
      reported: (fee?.reported ?? 0n).toString(),
      sold: sold.toString(),
      bonds: bonds.toString(),
      bondsReturned: given.toString(),
      heldIn: heldIn.toString(),
      out: out.toString(),
      heldOut: heldOut.toString(),
      unattributed: unattributed.toString(),
      ...owedOf(after, token),
      minimumPayout: (minimums.get(token) ?? 0n).toString(),
    }
  })
}

function heldOf(state: CarryState, token: string): bigint {
  return sumOf(
    heldAmounts(state)
      .filter((held) => held.token === token)
      .map(({ amount }) => amount),
  )
}

function unattributedOf(state: CarryState, token: string): bigint {
  return BigInt(state.unattributed.find((row) => row.token === token)?.amount ?? 0)
}

/** Claims, no atoms: what adjustments found and nobody has paid yet. */
function owedOf({ owed }: CarryState, token: string): { readonly owed: string; readonly owing: string } {
  const amounts = owed.filter((row) => row.token === token).map(({ amount }) => BigInt(amount))
  return {
    owed: sumOf(amounts.filter((amount) => amount > 0n)).toString(),
    owing: sumOf(amounts.filter((amount) => amount < 0n).map((amount) => -amount)).toString(),
  }
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

async function writeLines(warehouse: Database, epoch: number, lines: readonly Line[]): Promise<void> {
  const rows = lines.map((line): DuckDBValue[] => [epoch, line.account, line.token, line.kind, line.asset, line.amount])
  await warehouse.append('settlement_line', [INTEGER, VARCHAR, VARCHAR, VARCHAR, VARCHAR, HUGEINT], rows)
}
