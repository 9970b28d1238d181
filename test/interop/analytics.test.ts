import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportTables } from '../../jobs/analytics/export-tables.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { pythonWithPackages } from '../support/python/python.mjs'

const { available, python, hint } = pythonWithPackages()
const path = temporaryFolder()
const SCRIPT = `
import json, sys, duckdb, pyarrow.compute as compute, pyarrow.dataset as dataset
folder = sys.argv[1]
by_duckdb = duckdb.sql(f"SELECT sum(amount) FROM read_parquet('{folder}/lines/*/*.parquet') WHERE epoch = 2").fetchall()[0][0]
lines = dataset.dataset(f"{folder}/lines", partitioning="hive").to_table(filter=dataset.field("epoch") == 2)
print(json.dumps([str(by_duckdb), str(compute.sum(lines["amount"]).as_py()), str(lines.schema.field("amount").type)]))
`

if (available) describe('tables as Parquet', read)
else if (process.env.CI === 'true') test('Python can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`DuckDB's and pyarrow's packages for Python are skipped. ${hint}`)
  test.skip('tables as Parquet', () => undefined)
}

function read(): void {
  let world: RandomWorld
  beforeAll(async () => {
    world = await RandomWorld.found(2)
    for (let epoch = 1; epoch <= 2; epoch++) await world.runEpoch()
  })
  afterAll(() => world.ledger.close())

  test("DuckDB's and pyarrow's packages for Python read them, partitioned, with exact amounts", async () => {
    const folder = path('tables')
    await exportTables({ ledger: world.ledger.ledger, folder })
    const earned = await world.ledger.ledger.warehouse.one<{ sum: bigint }>(
      'SELECT sum(amount)::HUGEINT AS sum FROM settlement_line WHERE epoch = 2',
    )
    const { stdout, stderr } = spawnSync(python, ['-c', SCRIPT, folder], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([`${earned!.sum}`, `${earned!.sum}`, 'decimal128(38, 0)'])
  })
}
