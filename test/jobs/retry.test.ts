import { expect, test } from '@jest/globals'
import { takeBack } from '../../jobs/anchoring/retry-epoch.ts'
import { attributeEpoch } from '../../jobs/attribution/attribute-epoch.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 4
const RETRIED = 2
const { seed } = runs(1)
/** They say which attempt it is, and follow from that. */
const OF_ATTEMPTS = ['vetoed_sale', 'vetoed_opening', 'row_blocks', 'checkpoint']

/** Every row of every table, as text in no order; of `epoch` without what says which attempt it is. */
async function contentOf(warehouse: Database): Promise<Record<string, string[]>> {
  const tables = await warehouse.all<{ name: string }>(
    'SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary ORDER BY table_name',
  )
  const content: Record<string, string[]> = {}
  for (const { name } of tables.filter((table) => !OF_ATTEMPTS.includes(table.name))) {
    const columns = name === 'epoch' ? '* EXCLUDE (attempt, vetoed_json, manifest_json)' : '*'
    const rows = await warehouse.all<{ row: string }>(
      `SELECT t::VARCHAR AS row FROM (SELECT ${columns} FROM ${name}) AS t`,
    )
    content[name] = rows.map(({ row }) => row).sort()
  }
  return content
}

test('what a retry discards is made again, all of it and nothing twice', async () => {
  const world = await RandomWorld.found(seed)
  const { ledger } = world
  const { warehouse } = ledger.ledger
  try {
    for (let epoch = 1; epoch <= EPOCHS; epoch++) await world.runEpoch()
    const before = await contentOf(warehouse)
    const manifest = await ledger.manifest(RETRIED)
    await takeBack({ ledger: ledger.ledger, bundles: ledger.bundles, reason: 'a test' }, manifest)
    expect(await contentOf(warehouse)).not.toEqual(before)
    for (let epoch = RETRIED; epoch <= EPOCHS; epoch++)
      for (const step of ['attribute', 'settle', 'publish'] as const)
        expect(await ledger.step(step)).toMatchObject({ did: 'done', epoch })
    expect(await contentOf(warehouse)).toEqual(before)
    expect(await ledger.manifest(RETRIED)).toMatchObject({ attempt: 2, vetoed: [{ attempt: 1, reason: 'a test' }] })
    expect((await ledger.audit()).firstDifference).toBeUndefined()
  } finally {
    ledger.close()
  }
})

test('sales on which later epochs are closed stand', async () => {
  const world = await RandomWorld.found(seed)
  const { ledger } = world
  const { warehouse } = ledger.ledger
  const { records } = ledger
  try {
    await ledger.send(
      records.deposit('alice', 1_000n),
      await records.offer('sure', 'gateway', 'host', 1, 1_000n),
      await records.acceptance('sure', 'alice'),
    )
    for (let epoch = 1; epoch <= 2; epoch++) await world.runEpoch()
    const manifest = await ledger.manifest(1)
    await takeBack({ ledger: ledger.ledger, bundles: ledger.bundles, reason: 'a test' }, manifest)
    // As if another engine, or a mended one, found that less was deposited.
    await warehouse.run('UPDATE deposit SET amount = 0')
    await expect(attributeEpoch({ ledger: ledger.ledger })).rejects.toMatchObject({
      code: 'STATUSES_CHANGED',
      facts: { epoch: 1, what: expect.stringContaining('an acceptance'), was: 'settled', is: 'unfunded' },
    })
  } finally {
    ledger.close()
  }
})
