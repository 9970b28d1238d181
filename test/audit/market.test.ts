import { describe, expect, test } from '@jest/globals'
import type { AuditReport } from '../../audit/index.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'

/** Fees so large that a single part of a share is some atoms. */
const BILLION = 1_000_000_000n

/**
 * Publishes an epoch in which a share was sold between two uses, and was not sold to one who came too late. Behind a step, the
 * operator alters what the rest of the epoch rests on.
 */
async function auditAltered(behind: 'close' | 'attribute', sql: string | undefined): Promise<AuditReport> {
  const world = await SmallLedger.open()
  try {
    await world.found({ dataParts: 0, modelParts: 800_000 })
    const { records } = world
    await world.send(
      records.deposit('payer', 20n * BILLION),
      records.deposit('alice', 6n * BILLION),
      records.deposit('bob', 6n * BILLION),
      await records.offer('part', 'reader', 'partner', 300_000, 5n * BILLION),
      records.inference('first', 5n * BILLION),
      await records.acceptance('part', 'alice'),
      await records.acceptance('part', 'bob'),
      records.inference('second', 7n * BILLION),
    )
    world.endInterval()
    for (const step of OFFLINE_STEPS) {
      await world.step(step)
      if (step === behind && sql !== undefined) await world.ledger.warehouse.run(sql)
    }
    return await world.audit()
  } finally {
    world.close()
  }
}

const moved = `WHERE asset = 'reader' AND ordinal >= 0`
const [alice, bob] = [addressOf('alice'), addressOf('bob')]

describe('promise 6: an altered sale is found', () => {
  test('unaltered, there is no difference', async () => {
    const { firstDifference } = await auditAltered('attribute', undefined)
    expect(firstDifference).toBeUndefined()
  })

  test.each<[what: string, check: string, behind: 'close' | 'attribute', sql: string]>([
    [
      'a share that goes to somebody else',
      'lines',
      'attribute',
      `UPDATE ownership_change SET account = '${bob}' ${moved} AND delta > 0`,
    ],
    [
      'a share that changes hands before the first use',
      'lines',
      'attribute',
      `UPDATE ownership_change SET ordinal = 0 ${moved}`,
    ],
    ['a share that was paid for and kept', 'lines', 'attribute', `DELETE FROM ownership_change ${moved}`],
    ['a share a part larger', 'lines', 'attribute', `UPDATE ownership_change SET delta = delta + sign(delta) ${moved}`],
    [
      'a sale that is called unfunded',
      'lines',
      'attribute',
      `UPDATE sale SET status = 'unfunded' WHERE status = 'settled'`,
    ],
    ['a sale that is called taken', 'sales', 'attribute', `UPDATE sale SET status = 'unfunded' WHERE status = 'taken'`],
    ['a sale settled twice', 'sales', 'attribute', `UPDATE sale SET status = 'settled'`],
    ['an acceptance left out', 'sales', 'attribute', `DELETE FROM sale WHERE status = 'taken'`],
    [
      'another buyer in the table',
      'sales',
      'attribute',
      `UPDATE offer_acceptance SET buyer = '${bob}' WHERE buyer = '${alice}'`,
    ],
    ['a higher price', 'lines', 'close', `UPDATE offer SET price = price + 1`],
    ['a price in another token', 'lines', 'attribute', `UPDATE offer SET token = '0x${'71'.repeat(20)}'`],
    ['another seller', 'lines', 'attribute', `UPDATE offer SET seller = '${addressOf('modeller')}'`],
  ])('%s', async (_, check, behind, sql) => {
    const { firstDifference } = await auditAltered(behind, sql)
    expect(firstDifference).toMatchObject({ check, epoch: 1 })
  })

  test('a buyer who paid less than was taken', async () => {
    const sql = `UPDATE epoch SET state_json = replace(state_json, '"amount":"1000000000"', '"amount":"1000000001"')`
    expect((await auditAltered('attribute', sql)).firstDifference).toMatchObject({ check: 'state', epoch: 1 })
  })
})
