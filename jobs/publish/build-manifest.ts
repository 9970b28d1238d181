import { sha256 } from '../../anchor/hash.ts'
import { type Manifest, manifestHash, toManifest } from '../../anchor/manifest.ts'
import type { PayoutTree } from '../../anchor/payout/payout-tree.ts'
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
import { type CommittedTable, commitTable, type TableName } from './row-blocks.ts'

const holes = readSql(new URL('./holes.sql', import.meta.url))
const gaps = readSql(new URL('./gaps.sql', import.meta.url))
const counts = readSql(new URL('./counts.sql', import.meta.url))
const disputes = readSql(new URL('./parquet/disputes.sql', import.meta.url))
const adjustments = readSql(new URL('./adjustments.sql', import.meta.url))
const adjustmentDeltas = readSql(new URL('./parquet/adjustments.sql', import.meta.url))
const sales = readSql(new URL('./parquet/sales.sql', import.meta.url))

export interface AccountRow {
  readonly account: string
  readonly before: string
  readonly cumulative: string
  readonly disputed: string
  readonly earned: string
  readonly lines: number
  readonly linesRoot: string
  readonly netted: string
  readonly small: string
  readonly smallBefore: string
  readonly token: string
}

/** A manifest, and what proofs of the rows behind it are made of. */
export interface BuiltManifest {
  readonly manifest: Manifest
  readonly tables: Readonly<Record<TableName, CommittedTable>>
}

/** The manifest of a settled epoch: a function of the warehouse alone, `tree` included (`payoutTreeOf`). */
export async function buildManifest(ledger: Ledger, epoch: number, tree: PayoutTree): Promise<BuiltManifest> {
  const { warehouse, genesis, ledgerId } = ledger
  const row = await warehouse.one('SELECT * FROM epoch WHERE epoch = $epoch', { epoch })
  const settlement = JSON.parse(row!.settlement_json as string) as SettlementDraft
  const before = await loadState(warehouse, epoch - 1)
  const after = await loadState(warehouse, epoch)
  const accounts = await accountRows(warehouse, epoch)
  const tables = {
    accounts: commitTable(accounts),
    disputes: commitTable(await disputeRows(warehouse, epoch)),
    adjustments: commitTable(await warehouse.all(adjustmentDeltas, { epoch })),
    lines: commitTable(await lineRows(warehouse, epoch)),
    sales: commitTable(await warehouse.all(sales, { epoch })),
    scores: commitTable(await scoreRows(warehouse, epoch)),
  }
  const hex = (bytes: Uint8Array) => toHex(bytes) as Hash32
  const manifest = toManifest({
    format: 'tallystick-manifest/1',
    ledger: hex(ledgerId),
    epoch,
    attempt: row!.attempt,
    vetoed: JSON.parse((row!.vetoed_json as string | null) ?? '[]'),
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
      root: tree.root as Hash32,
      leaves: tree.size,
      totals: totalsOf(accounts, after),
    },
    adjustments: await warehouse.all(adjustments, { epoch }),
    tables: {
      adjustments: { rows: tables.adjustments.rows, root: tables.adjustments.root },
      accounts: { rows: tables.accounts.rows, root: tables.accounts.root },
      disputes: { rows: tables.disputes.rows, root: tables.disputes.root },
      lines: { rows: tables.lines.rows, root: tables.lines.root },
      sales: { rows: tables.sales.rows, root: tables.sales.root },
      scores: { rows: tables.scores.rows, root: tables.scores.root },
    },
    carryIn: hex(sha256(encodeState(before))),
    carryOut: hex(sha256(encodeState(after))),
  })
  return { manifest, tables }
}

/** Rows of the accounts table: every account that ever earned something, ascending by (account, token). */
async function accountRows(warehouse: Database, epoch: number): Promise<AccountRow[]> {
  const rows = await warehouse.all('SELECT * FROM account_total WHERE epoch = $epoch ORDER BY account, token', {
    epoch,
  })
  return rows.map(accountRow)
}

/** The row that is published of a row of `account_total`. */
export function accountRow(row: Readonly<Record<string, unknown>>): AccountRow {
  return {
    account: row.account as string,
    before: String(row.amount_before),
    cumulative: String(row.cumulative),
    disputed: String(row.disputed),
    earned: String(row.earned),
    lines: row.line_count as number,
    linesRoot: toHex(fromBlob(row.lines_root)),
    netted: String(row.netted),
    small: String(row.small),
    smallBefore: String(row.small_before),
    token: row.token as string,
  }
}

async function lineRows(warehouse: Database, epoch: number) {
  const rows = await warehouse.all(
    'SELECT * FROM settlement_line WHERE epoch = $epoch ORDER BY account, token, kind, asset',
    { epoch },
  )
  return rows.map((row) => lineRow({ ...row, amount: row.amount } as never, epoch))
}

/** Rows of the disputes table, in the order in which they were opened. */
async function disputeRows(warehouse: Database, epoch: number) {
  const rows = await warehouse.all(disputes, { epoch })
  return rows.map(({ line_epoch: lineEpoch, ...row }) => ({ ...row, lineEpoch }))
}

async function scoreRows(warehouse: Database, epoch: number) {
  const rows = await warehouse.all('SELECT * FROM score WHERE epoch = $epoch ORDER BY model, token, account', { epoch })
  return rows.map(scoreRow)
}

export interface ScoreRow {
  readonly account: string
  readonly duplicates: number
  readonly heldBack: string
  readonly items: number
  readonly model: string
  readonly pay: string
  readonly s: string
  readonly token: string
}

/** The row that is published of a row of `score`. */
export function scoreRow(row: Readonly<Record<string, unknown>>): ScoreRow {
  return {
    account: row.account as string,
    duplicates: row.duplicates as number,
    heldBack: String(row.held_back),
    items: row.items as number,
    model: row.model as string,
    pay: String(row.pay),
    s: String(row.s),
    token: row.token as string,
  }
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
  const late = await warehouse.one<{ uses: number }>(
    'SELECT count(*)::INTEGER AS uses FROM late_use WHERE epoch = $epoch',
    { epoch },
  )
  const result = { accepted: 0, duplicate: 0, late: late!.uses, rejected: 0, reasons: {} as Record<string, number> }
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
    const small = own(accounts).reduce((sum, row) => sum + BigInt(row.small), 0n)
    const waits = own(held).reduce((sum, row) => sum + row.amount, small)
    const reserved = own(state.unattributed).reduce((sum, row) => sum + BigInt(row.amount), waits)
    return {
      token: token as Address,
      cumulative: cumulative.toString(),
      reserved: reserved.toString(),
      total: (cumulative + reserved).toString(),
    }
  })
}
