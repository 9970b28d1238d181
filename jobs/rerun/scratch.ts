import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import type { Ledger } from '../ledger.ts'

/** Not looked at by attribution and settlement, or made again by them; the largest of all are among these. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['migration', 'record', 'record_id', 'read_position', 'outcome', 'accepted_id', 'accepted_gap', 'epoch'],
  ...['dead_letter', 'dead_letter_sent', 'dead_letter_redrive', 'dead_letter_redriven', 'epochs_position', 'epoch_cut'],
  ...['id_run', 'id_index', 'uncut', 'registered_schema', 'source', 'signature_check', 'inference_unit'],
  ...['used_quantity', 'checkpoint', 'row_blocks', 'log_key', 'curvature', 'curvature_item', 'item_value'],
  ...['chain_transaction', 'chain_version', 'chain_final_block', 'chain_final_epoch', 'chain_halt'],
  ...['period', 'score', 'rerun_line', 'late_use', 'record_erased', 'rewrite_due', 'vetoed_sale', 'vetoed_opening'],
  ...['channel_weight', 'channel_pool'],
])

/**
 * What is decided again: who is funded, as another policy would have it; or nothing but influence and its money, of the fees that
 * were funded.
 */
export type Decided = 'funding' | 'influence'

type RowsOf = (from: number, to: number, correctionsTo: number) => string | undefined

/** Rows of other tables that are made again, or of which only the last epoch before is asked; undefined: none. */
const ROWS: Readonly<Record<Decided, Readonly<Record<string, RowsOf>>>> = {
  funding: {
    funded: (from) => `epoch < ${from}`,
    not_funded: (from) => `epoch < ${from}`,
    held_fee: (from) => `epoch < ${from}`,
    held_fee_ended: (from) => `epoch < ${from}`,
    fee_returned: (from) => `epoch < ${from}`,
    reserve_taken: (from) => `epoch < ${from}`,
    data_chain: (from) => `epoch < ${from}`,
    channel_use: (from) => `epoch < ${from}`,
    sale: (from) => `epoch < ${from}`,
    // Transfers are decided by close, sales by what buyers have there.
    ownership_change: (from, to) =>
      `epoch <= ${to} AND NOT (epoch >= ${from} AND (epoch, ordinal) IN (SELECT (epoch, ordinal) FROM sale))`,
    account_total: (from) => `epoch = ${from - 1}`,
    // Of lines only those that are disputed are asked for.
    settlement_line: (from) =>
      `epoch < ${from} AND (epoch, account, token, kind, asset) IN (SELECT (line_epoch, account, token, kind, asset) FROM dispute)`,
    dispute_status: (from) => `epoch < ${from}`,
    dispute_standing: (from) => `epoch < ${from}`,
  },
  influence: {
    data_chain: (from) => `epoch < ${from}`,
    channel_use: (from) => `epoch < ${from}`,
    account_total: (from) => `epoch = ${from - 1}`,
    correction: (_from, _to, correctionsTo) => `epoch <= ${correctionsTo}`,
    // What a rerun finds is set right by the adjustment that orders it, and by no other in the meantime.
    adjustment: () => undefined,
    adjustment_delta: () => undefined,
    rerun: () => undefined,
    // Disputes are none of a rerun's business.
    dispute: () => undefined,
    dispute_item: () => undefined,
    dispute_resolution: () => undefined,
    dispute_status: () => undefined,
    dispute_standing: () => undefined,
    settlement_line: () => undefined,
  },
}

export interface Scratch {
  readonly ledger: Ledger
  /** Closes it; what it was opened for may go on another time. */
  close(): void
  /** Closes it and removes its folder. */
  remove(): void
}

export interface ScratchOptions {
  readonly decided: Decided
  /** First and last epoch that are to be settled again. */
  readonly from: number
  readonly to: number
  /** Corrections accepted up to this epoch are there (default: up to `to`). */
  readonly correctionsTo?: number
  /** Changes the copy once it is filled. */
  readonly prepare?: (warehouse: Database, options: ScratchOptions) => Promise<void>
  /** Whoever holds the copy's lock. */
  readonly verb: string
  readonly onProgress?: (text: string) => void
}

/** Folders beside the warehouse: copies of reruns, which go on another time, and of simulations, which are made for one question. */
export type ScratchFolder = 'reruns' | 'simulations'

/** Copies hold features: they lie where an erasure finds those that a killed process left. */
export function scratchFolder(warehouse: Database, name: ScratchFolder): string {
  return join(dirname(warehouse.path), name)
}

/** Whether a copy lies there, in use or left. */
export function hasScratch(warehouse: Database, name: ScratchFolder): boolean {
  const folder = scratchFolder(warehouse, name)
  return existsSync(folder) && readdirSync(folder).length > 0
}

/** Removes all copies of that kind. Nobody may be using one: the caller holds the warehouse's lock, or stops whoever does. */
export function removeScratch(warehouse: Database, name: ScratchFolder): void {
  rmSync(scratchFolder(warehouse, name), { recursive: true, force: true })
}

/**
 * A warehouse of its own, in a new folder in `folder`, with all facts up to an epoch, in which the epochs from `from` on are closed
 * and not yet attributed. The ledger is only read, one statement at a time, and nothing that is read changes any more: sealed epochs
 * never do.
 */
export async function makeScratch(ledger: Ledger, folder: string, options: ScratchOptions): Promise<Scratch> {
  mkdirSync(folder, { recursive: true })
  const own = mkdtempSync(join(folder, 'tally-scratch-'))
  try {
    await fillIn(ledger, own, options)
    return await openIn(ledger, own, options)
  } catch (error) {
    rmSync(own, { recursive: true, force: true })
    throw error
  }
}

/** The copy in exactly that folder, with what was done in it before; made when it is not there. It has its name as a whole or not at all. */
export async function resumeScratch(ledger: Ledger, folder: string, options: ScratchOptions): Promise<Scratch> {
  if (existsSync(folder)) return openIn(ledger, folder, options)
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  try {
    await fillIn(ledger, part, options)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    throw error
  }
  renameSync(part, folder)
  return openIn(ledger, folder, options)
}

async function openIn(ledger: Ledger, folder: string, { verb }: ScratchOptions): Promise<Scratch> {
  const warehouse = await openWarehouse(join(folder, 'warehouse.db'), { verb })
  return {
    ledger: { ...ledger, warehouse },
    close: () => warehouse.close(),
    remove: () => {
      warehouse.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function fillIn({ warehouse }: Ledger, folder: string, options: ScratchOptions): Promise<void> {
  const path = join(folder, 'warehouse.db')
  // Made and closed first: one file is never open twice.
  const empty = await openWarehouse(path, { verb: options.verb })
  empty.close()
  await fill(warehouse, path, options)
  if (options.prepare === undefined) return
  const filled = await openWarehouse(path, { verb: options.verb })
  try {
    await options.prepare(filled, options)
  } finally {
    filled.close()
  }
}

async function fill(warehouse: Database, path: string, options: ScratchOptions): Promise<void> {
  const { decided, from, to, onProgress } = options
  // Several may be made at once.
  const scratch = `scratch_${randomUUID().replaceAll('-', '')}`
  await warehouse.run(`ATTACH '${path.replaceAll("'", "''")}' AS ${scratch}`)
  try {
    for (const { table, hasEpoch } of await tablesOf(warehouse)) {
      onProgress?.(`copies ${table}`)
      const rowsOf = ROWS[decided][table]
      const rows =
        rowsOf === undefined ? (hasEpoch ? `epoch <= ${to}` : 'true') : rowsOf(from, to, options.correctionsTo ?? to)
      if (rows === undefined) continue
      await warehouse.run(`INSERT INTO ${scratch}.${table} BY NAME SELECT * FROM ${table} WHERE ${rows}`)
    }
    await warehouse.run(`INSERT INTO ${scratch}.epoch BY NAME SELECT * FROM epoch WHERE epoch < ${from}`)
    // What payers have left is in the state of an epoch: of one whose funding stands, it stays.
    const state = decided === 'funding' ? 'NULL' : 'state_json'
    await warehouse.run(
      `INSERT INTO ${scratch}.epoch BY NAME SELECT * REPLACE (
         'closed' AS state, NULL AS policy, ${state} AS state_json, NULL AS settlement_json, NULL AS manifest_json
       ) FROM epoch WHERE epoch BETWEEN ${from} AND ${to}`,
    )
  } finally {
    await warehouse.run(`DETACH ${scratch}`)
  }
}

async function tablesOf(warehouse: Database): Promise<{ table: string; hasEpoch: boolean }[]> {
  const rows = await warehouse.all<{ name: string; has_epoch: boolean }>(
    `SELECT t.table_name AS name, bool_or(c.column_name = 'epoch') AS has_epoch
     FROM duckdb_tables() AS t
     JOIN duckdb_columns() AS c USING (database_oid, table_oid)
     WHERE t.database_name = current_database() AND NOT t.temporary
     GROUP BY t.table_name
     ORDER BY t.table_name`,
  )
  return rows
    .filter(({ name }) => !LEFT_OUT.has(name))
    .map(({ name, has_epoch }) => ({ table: name, hasEpoch: has_epoch }))
}
