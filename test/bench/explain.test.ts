import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { makeLedger } from '../../bench/explain/make-ledger.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'

test('the ledger of the bench of explain has uses that were paid, and items to name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-test-'))
  try {
    const shape = { rank: 6, classes: 3, checkpointCount: 1 }
    await makeLedger({ folder, contributions: 500, uses: 20, accounts: 4, shape, runs: 1 })
    const warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
    try {
      const [explained] = await explain(warehouse, ['use-7'], 3)
      expect(explained!.items).toHaveLength(3)
      expect(explained!.accounts).toHaveLength(4)
      expect(explained!.paid).toBe(499_000n)
      expect(explained!.accounts.reduce((sum, { apportioned }) => sum + apportioned, 0n)).toBe(499_000n)
    } finally {
      warehouse.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
