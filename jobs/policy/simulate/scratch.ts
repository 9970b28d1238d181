import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../../pipelines/warehouse/open-warehouse.ts'
import type { Ledger } from '../../ledger.ts'

/** Not looked at by attribution and settlement, or made again by them; the largest of all are among these. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['migration', 'record', 'record_id', 'read_position', 'outcome', 'accepted_id', 'accepted_gap', 'epoch'],
  ...['dead_letter', 'dead_letter_sent', 'dead_letter_redrive', 'dead_letter_redriven', 'epochs_position', 'epoch_cut'],
  ...['id_run', 'id_index', 'uncut', 'registered_schema', 'source', 'signature_check', 'inference_unit'],
  ...['used_quantity', 'checkpoint', 'row_blocks', 'log_key', 'curvature', 'curvature_item', 'item_value'],
  ...['chain_transaction', 'chain_version', 'chain_final_block', 'chain_final_epoch', 'chain_halt'],
  ...['period', 'score', 'settlement_line', 'late_use', 'record_erased', 'rewrite_due'],
])

/** Rows of other tables that are made again, or of which only the last epoch before is asked. */
const ROWS: Readonly<Record<string, (from: number, to: number) => string>> = {
  funded: (from) => `epoch < ${from}`,
  not_funded: (from) => `epoch < ${from}`,
  held_fee: (from) => `epoch < ${from}`,
  held_fee_ended: (from) => `epoch < ${from}`,
  fee_returned: (from) => `epoch < ${from}`,
  sale: (from) => `epoch < ${from}`,
  // Transfers are decided by close, sales by what buyers have there.
  ownership_change: (from, to) =>
    `epoch <= ${to} AND NOT (epoch >= ${from} AND (epoch, ordinal) IN (SELECT (epoch, ordinal) FROM sale))`,
  // Of lines only those that are disputed are asked for.
  settlement_line: (from) =>
    `epoch < ${from} AND (epoch, account, token, kind, asset) IN (SELECT (line_epoch, account, token, kind, asset) FROM dispute)`,
  dispute_status: (from) => `epoch < ${from}`,
  dispute_standing: (from) => `epoch < ${from}`,
  account_total: (from) => `epoch = ${from - 1}`,
}

export interface Scratch {
  readonly ledger: Ledger
  /** Closes it and removes its folder. */
  close(): void
}

export interface ScratchOptions {
  /** Folder that it is made in. */
  readonly folder: string
  /** First and last epoch that are to be settled again. */
  readonly from: number
  readonly to: number
  readonly onProgress?: (text: string) => void
}

/**
 * A warehouse of its own with all facts up to an epoch, in which the epochs from `from` on are closed and not yet attributed.
 * The ledger is only read, one statement at a time, and nothing that is read changes any more: sealed epochs never do.
 */
export async function makeScratch(ledger: Ledger, options: ScratchOptions): Promise<Scratch> {
  const folder = mkdtempSync(join(options.folder, 'tally-simulate-'))
  const path = join(folder, 'warehouse.db')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    // Made and closed first: one file is never open twice.
    const empty = await openWarehouse(path, { verb: 'tally policy simulate' })
    empty.close()
    await fill(ledger.warehouse, path, options)
    const warehouse = await openWarehouse(path, { verb: 'tally policy simulate' })
    return {
      ledger: { ...ledger, warehouse },
      close: () => {
        warehouse.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

async function fill(warehouse: Database, path: string, { from, to, onProgress }: ScratchOptions): Promise<void> {
  // Several may simulate at once.
  const scratch = `scratch_${randomUUID().replaceAll('-', '')}`
  await warehouse.run(`ATTACH '${path.replaceAll("'", "''")}' AS ${scratch}`)
  try {
    for (const { table, hasEpoch } of await tablesOf(warehouse)) {
      onProgress?.(`copies ${table}`)
      const rows = ROWS[table]?.(from, to) ?? (hasEpoch ? `epoch <= ${to}` : 'true')
      await warehouse.run(`INSERT INTO ${scratch}.${table} BY NAME SELECT * FROM ${table} WHERE ${rows}`)
    }
    await warehouse.run(`INSERT INTO ${scratch}.epoch BY NAME SELECT * FROM epoch WHERE epoch < ${from}`)
    await warehouse.run(
      `INSERT INTO ${scratch}.epoch BY NAME SELECT * REPLACE (
         'closed' AS state, NULL AS policy, NULL AS state_json, NULL AS settlement_json, NULL AS manifest_json
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
