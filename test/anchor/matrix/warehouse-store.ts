import type { Database } from '../../../pipelines/warehouse/database.ts'

const TABLES = ['chain_transaction', 'chain_version', 'chain_final_block', 'chain_final_epoch', 'chain_halt']

/** Forgets every transaction and everything that was final, as a new warehouse. */
export async function emptyTables(warehouse: Database): Promise<void> {
  for (const table of TABLES) await warehouse.run(`DELETE FROM ${table}`)
}
