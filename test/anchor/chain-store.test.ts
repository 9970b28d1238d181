import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { WarehouseTransactionStore } from '../../jobs/anchoring/warehouse-transaction-store.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { transactionStoreContract } from './chain-store.contract.ts'
import { emptyTables } from './matrix/warehouse-store.ts'

transactionStoreContract('MemoryTransactionStore', async () => new MemoryTransactionStore())

let folder: string
let warehouse: Database

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-chain-store-'))
  warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
})
afterAll(() => {
  warehouse.close()
  rmSync(folder, { recursive: true, force: true })
})

transactionStoreContract('WarehouseTransactionStore', async () => {
  await emptyTables(warehouse)
  return new WarehouseTransactionStore(warehouse)
})
