import type { CanonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import { type Manifest, manifestHash, toManifest } from '../../anchor/manifest.ts'
import { buildPayoutTree, EMPTY_PAYOUT_ROOT, type PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { tableRoot } from '../../anchor/table-root.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import { OUTCOMES, reasonOfCode } from '../../schemas/rejection.ts'
import { type CarryState, encodeState, heldAmounts, loadState } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import type { Ledger } from '../ledger.ts'
import { lineRow } from '../settlement/lines.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'
import { ENGINE_VERSION } from './engine-version.ts'

const holes = readSql(new URL('./holes.sql', import.meta.url))
const gaps = readSql(new URL('./gaps.sql', import.meta.url))
const counts = readSql(new URL('./counts.sql', import.meta.url))

export interface AccountRow {
  readonly account: string
  readonly before: string
  readonly cumulative: string
  readonly earned: string
  readonly linesRoot: string
  readonly token: string
}

/** The manifest of a settled epoch: a function of the warehouse alone. */
export async function buildManifest(ledger: Ledger, epoch: number): Promise<Manifest> {
  const { warehouse, genesis, ledgerId } = ledger
  const row = await warehouse.one('SELECT * FROM epoch WHERE epoch = $epoch', { epoch })
  const settlement = JSON.parse(row!.settlement_json as string) as SettlementDraft
  const before = await loadState(warehouse, epoch - 1)
  const after = await loadState(warehouse, epoch)
  const accounts = await accountRows(warehouse, epoch)
  const tree = await payoutTree(ledger, accounts)
  const hex = (bytes: Uint8Array) => toHex(bytes) as Hash32
  return toManifest({
    format: 'tallystick-manifest/1',
    ledger: hex(ledgerId),
    epoch,
    attempt: row!.attempt,
    engine: ENGINE_VERSION,
    previous: await previousHash(warehouse, epoch),
    cut: { timeMs: String(row!.cut_time_ms), partitions: await cutPartitions(warehouse, epoch) },
    holes: await offsetRanges(warehouse, holes, epoch),
    gaps: await offsetRanges(warehouse, gaps, epoch),
    counts: await countOutcomes(warehouse, epoch),
    tree: {
      size: String(row!.tree_size),
      root: hex(fromBlob(row!.ledger_root)),
      previousSize: String(row!.previous_size),
    },
    policy: row!.policy,
    periods: settlement.periods,
    conservation: settlement.conservation,
    payout: {
      chainId: genesis.chainId,
      distributor: genesis.distributor,
      root: tree?.root ?? EMPTY_PAYOUT_ROOT,
      leaves: tree?.size ?? 0,
      totals: totalsOf(accounts, after),
    },
    tables: {
      accounts: commit(accounts),
      lines: commit(await lineRows(warehouse, epoch)),
      scores: commit(await scoreRows(warehouse, epoch)),
    },
    carryIn: hex(sha256(encodeState(before))),
    carryOut: hex(sha256(encodeState(after))),
  })
}

/** Rows of the accounts table: every account ever paid, ascending by (account, token). */
export async function accountRows(warehouse: Database, epoch: number): Promise<AccountRow[]> {
  const rows = await warehouse.all('SELECT * FROM account_total WHERE epoch = $epoch ORDER BY account, token', {
    epoch,
  })
  return rows.map((row) => ({
    account: row.account as string,
    before: String(row.amount_before),
    cumulative: String(row.cumulative),
    earned: String(row.earned),
    linesRoot: toHex(fromBlob(row.lines_root)),
    token: row.token as string,
  }))
}

/** The payout tree of an epoch, or undefined when nobody was ever paid. */
export async function payoutTree(ledger: Ledger, accounts: readonly AccountRow[]): Promise<PayoutTree | undefined> {
  const payouts = accounts
    .filter((row) => row.cumulative !== '0')
    .map((row) => ({
      account: row.account as Address,
      token: row.token as Address,
      cumulative: BigInt(row.cumulative),
    }))
  if (payouts.length === 0) return undefined
  return buildPayoutTree({ chainId: BigInt(ledger.genesis.chainId), distributor: ledger.genesis.distributor, payouts })
}

async function lineRows(warehouse: Database, epoch: number) {
  const rows = await warehouse.all(
    'SELECT * FROM settlement_line WHERE epoch = $epoch ORDER BY account, token, kind, asset',
    { epoch },
  )
  return rows.map((row) => lineRow({ ...row, amount: row.amount } as never, epoch))
}

async function scoreRows(warehouse: Database, epoch: number) {
  const rows = await warehouse.all('SELECT * FROM score WHERE epoch = $epoch ORDER BY model, token, account', { epoch })
  return rows.map((row) => ({
    account: row.account as string,
    duplicates: row.duplicates as number,
    items: row.items as number,
    model: row.model as string,
    pay: String(row.pay),
    s: String(row.s),
    token: row.token as string,
  }))
}

function commit(rows: readonly object[]) {
  return { rows: rows.length, root: toHex(tableRoot(rows as readonly CanonicalJson[])) as Hash32 }
}

async function cutPartitions(warehouse: Database, epoch: number): Promise<Manifest['cut']['partitions']> {
  const rows = await warehouse.all('SELECT * FROM epoch_cut WHERE epoch = $epoch ORDER BY topic, partition_id', {
    epoch,
  })
  return rows.map((row) => ({
    topic: row.topic as string,
    partition: row.partition_id as number,
    incarnation: row.incarnation as number,
    from: String(row.from_offset),
    to: String(row.to_offset),
  }))
}

async function offsetRanges(warehouse: Database, sql: string, epoch: number): Promise<Manifest['holes']> {
  const rows = await warehouse.all(sql, { epoch })
  return rows.map((row) => ({
    topic: row.topic as string,
    partition: row.partition_id as number,
    from: String(row.from_offset),
    to: String(row.to_offset),
  }))
}

export async function countOutcomes(warehouse: Database, epoch: number): Promise<Manifest['counts']> {
  const result = { accepted: 0, duplicate: 0, rejected: 0, reasons: {} as Record<string, number> }
  for (const row of await warehouse.all<{ outcome: number; reason: number; records: number }>(counts, { epoch })) {
    if (row.outcome === OUTCOMES.accepted) result.accepted += row.records
    if (row.outcome === OUTCOMES.duplicate) result.duplicate += row.records
    if (row.outcome === OUTCOMES.rejected) {
      result.rejected += row.records
      result.reasons[reasonOfCode(row.reason)!] = row.records
    }
  }
  return result
}

async function previousHash(warehouse: Database, epoch: number): Promise<Hash32 | null> {
  if (epoch === 1) return null
  return manifestHash(await loadManifest(warehouse, epoch - 1))
}

/** The manifest of a published epoch. */
export async function loadManifest(warehouse: Database, epoch: number): Promise<Manifest> {
  const row = await warehouse.one<{ manifest_json: string }>('SELECT manifest_json FROM epoch WHERE epoch = $epoch', {
    epoch,
  })
  return toManifest(JSON.parse(row!.manifest_json))
}

function totalsOf(accounts: readonly AccountRow[], state: CarryState): Manifest['payout']['totals'] {
  const held = heldAmounts(state)
  const tokens = new Set([...accounts, ...held, ...state.unattributed].map(({ token }) => token))
  return [...tokens].sort(compareText).map((token) => {
    const own = <Row extends { token: string }>(rows: readonly Row[]) => rows.filter((row) => row.token === token)
    const cumulative = own(accounts).reduce((sum, row) => sum + BigInt(row.cumulative), 0n)
    const waits = own(held).reduce((sum, row) => sum + row.amount, 0n)
    const reserved = own(state.unattributed).reduce((sum, row) => sum + BigInt(row.amount), waits)
    return {
      token: token as Address,
      cumulative: cumulative.toString(),
      reserved: reserved.toString(),
      total: (cumulative + reserved).toString(),
    }
  })
}
