import { BLOB, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import { buildLineTree } from '../../anchor/lines/line-tree.ts'
import type { Manifest, ManifestPeriod } from '../../anchor/manifest.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { PeriodDraft } from '../attribution/attribute-epoch.ts'
import { type CarryState, heldAmounts, loadState } from '../carry-state.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import { compareText } from '../funding/channels.ts'
import { policyInForce } from '../funding/policy.ts'
import type { Ledger } from '../ledger.ts'
import { ConservationError } from './errors.ts'
import { addTo, type Line, Lines, lineBytes } from './lines.ts'
import { payPeriod, type SettledPeriod } from './pay-period.ts'
import { type DataParts, splitFees } from './pools.ts'
import { addSales } from './sales.ts'
import { settleWaiting, type Waited } from './waiting.ts'

const feeStatuses = readSql(new URL('./fee-statuses.sql', import.meta.url))

/** What `settle` leaves for `publish`. */
export interface SettlementDraft {
  readonly periods: readonly ManifestPeriod[]
  readonly conservation: Manifest['conservation']
}

type Purses = Pick<CarryState, 'balances' | 'channels'>

/**
 * Settles the oldest attributed epoch: whole-number lines for each account, what is held, what is carried. Written in one
 * transaction together with the state `settled`; killed before COMMIT, the next call does it again.
 *
 * @throws ConservationError when a single atom would be lost or made; nothing is written then
 */
export async function settleEpoch(options: { readonly ledger: Ledger }): Promise<StepResult> {
  const { warehouse } = options.ledger
  const row = await firstEpochIn(warehouse, 'attributed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No attributed epoch waits to be settled.' }
  const lines = await warehouse.transaction(() => settle(warehouse, row.epoch))
  return { did: 'done', epoch: row.epoch, detail: `${lines} settlement lines.` }
}

async function settle(warehouse: Database, epoch: number): Promise<number> {
  const before = await loadState(warehouse, epoch - 1)
  const draft = await warehouse.one<{ state_json: string }>('SELECT state_json FROM epoch WHERE epoch = $epoch', {
    epoch,
  })
  const { drafts, ...purses } = JSON.parse(draft!.state_json) as Purses & { drafts: PeriodDraft[] }
  const policy = await policyInForce(warehouse, epoch)
  const lines = new Lines()
  const sold = await addSales(warehouse, epoch, lines)
  const data: DataParts =
    policy === undefined ? { featured: new Map(), waiting: [] } : await splitFees(warehouse, epoch, policy, lines)
  const waited = await settleWaiting(warehouse, epoch, before.waiting, data.waiting)
  const settled: SettledPeriod[] = []
  for (const period of drafts) {
    const key = `${period.model}/${period.token}`
    const joined = (data.featured.get(key) ?? 0n) + (waited.joined.get(key) ?? 0n)
    settled.push(await payPeriod(warehouse, epoch, period, before, joined, policy!, lines))
  }
  const state = nextState(epoch, before, purses, settled, waited)
  const sorted = lines.sorted()
  const conservation = await conserve(warehouse, epoch, before, state, sorted, sold)
  await writeLines(warehouse, epoch, sorted)
  await writeTotals(warehouse, epoch, sorted)
  const settlement: SettlementDraft = { periods: settled.map((period) => period.entry), conservation }
  await warehouse.run('UPDATE epoch SET state_json = $state, settlement_json = $settlement WHERE epoch = $epoch', {
    epoch,
    state: JSON.stringify(state),
    settlement: JSON.stringify(settlement),
  })
  await setState(warehouse, epoch, 'attributed', 'settled')
  return sorted.length
}

function nextState(
  epoch: number,
  before: CarryState,
  purses: Purses,
  settled: readonly SettledPeriod[],
  waited: Waited,
): CarryState {
  const periods = new Map(before.periods.map((period) => [`${period.model}/${period.token}`, period]))
  for (const { next } of settled) periods.set(`${next.model}/${next.token}`, next)
  const unattributed = new Map(before.unattributed.map(({ token, amount }) => [token, BigInt(amount)]))
  for (const [token, amount] of waited.unattributed) addTo(unattributed, token, amount)
  for (const { entry, unattributed: amount } of settled) addTo(unattributed, entry.token, amount)
  return {
    format: 'tallystick-state/1',
    epoch,
    ...purses,
    periods: [...periods.values()].sort((a, b) => compareText(a.model, b.model) || compareText(a.token, b.token)),
    unattributed: [...unattributed]
      .filter(([, amount]) => amount > 0n)
      .map(([token, amount]) => ({ amount: amount.toString(), token }))
      .sort((a, b) => compareText(a.token, b.token)),
    waiting: waited.waiting,
  }
}

/** funded + sold + held in = out + held out + added to unattributed, exactly, for every token. */
async function conserve(
  warehouse: Database,
  epoch: number,
  before: CarryState,
  after: CarryState,
  lines: readonly Line[],
  sales: ReadonlyMap<string, bigint>,
): Promise<Manifest['conservation']> {
  const fees = await warehouse.all<{ token: string; funded: bigint; unfunded: bigint; reported: bigint }>(feeStatuses, {
    epoch,
  })
  const totals = await warehouse.all<{ token: string }>(
    'SELECT DISTINCT token FROM account_total WHERE epoch = $before',
    { before: epoch - 1 },
  )
  const tokens = new Set(
    [...fees, ...totals, ...lines, ...heldAmounts(after), ...after.unattributed].map(({ token }) => token),
  )
  return [...tokens].sort(compareText).map((token) => {
    const fee = fees.find((row) => row.token === token)
    const out = sumOf(lines.filter((line) => line.token === token).map((line) => line.amount))
    const heldIn = heldOf(before, token)
    const heldOut = heldOf(after, token)
    const unattributed = unattributedOf(after, token) - unattributedOf(before, token)
    const funded = fee?.funded ?? 0n
    const sold = sales.get(token) ?? 0n
    const into = funded + sold + heldIn
    if (into !== out + heldOut + unattributed) {
      throw new ConservationError({ epoch, token, into, out: out + heldOut + unattributed })
    }
    return {
      token: token as Address,
      funded: funded.toString(),
      unfunded: (fee?.unfunded ?? 0n).toString(),
      reported: (fee?.reported ?? 0n).toString(),
      sold: sold.toString(),
      heldIn: heldIn.toString(),
      out: out.toString(),
      heldOut: heldOut.toString(),
      unattributed: unattributed.toString(),
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

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

async function writeLines(warehouse: Database, epoch: number, lines: readonly Line[]): Promise<void> {
  const rows = lines.map((line): DuckDBValue[] => [epoch, line.account, line.token, line.kind, line.asset, line.amount])
  await warehouse.append('settlement_line', [INTEGER, VARCHAR, VARCHAR, VARCHAR, VARCHAR, HUGEINT], rows)
}

/** Cumulative amounts of every account ever paid; they never fall. */
async function writeTotals(warehouse: Database, epoch: number, lines: readonly Line[]): Promise<void> {
  const totals = new Map<string, { before: bigint; lines: Line[] }>()
  for (const row of await warehouse.all<{ account: string; token: string; cumulative: bigint }>(
    'SELECT account, token, cumulative FROM account_total WHERE epoch = $before',
    { before: epoch - 1 },
  )) {
    totals.set(`${row.account}/${row.token}`, { before: row.cumulative, lines: [] })
  }
  for (const line of lines) {
    const key = `${line.account}/${line.token}`
    const total = totals.get(key) ?? { before: 0n, lines: [] }
    totals.set(key, total)
    total.lines.push(line)
  }
  const rows = [...totals].map(([key, total]): DuckDBValue[] => {
    const [account, token] = key.split('/') as [string, string]
    const earned = sumOf(total.lines.map((line) => line.amount))
    const tree = buildLineTree(total.lines.map((line) => lineBytes(line, epoch)))
    return [epoch, account, token, total.before, earned, total.before + earned, toBlob(tree.root), tree.size]
  })
  await warehouse.append('account_total', [INTEGER, VARCHAR, VARCHAR, HUGEINT, HUGEINT, HUGEINT, BLOB, INTEGER], rows)
}
