import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { addressOf } from '../support/ledger/cast.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { AlterableLedger } from './support/altered-ledger.ts'

/** Fees so large that a single part of a share is some atoms. */
const BILLION = 1_000_000_000n

/** An epoch in which a share was sold between two uses, and was not sold to one who came too late. */
async function sellShare(world: SmallLedger): Promise<void> {
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
}

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play([sellShare], ['close', 'attribute'])
})
afterAll(() => ledger.close())

const moved = `WHERE asset = 'reader' AND ordinal >= 0`
const [alice, bob] = [addressOf('alice'), addressOf('bob')]

describe('promise 6: an altered sale is found', () => {
  test('unaltered, there is no difference', async () => {
    expect((await ledger.world.audit()).firstDifference).toBeUndefined()
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
    expect(await ledger.altered({ epoch: 1, behind, sql })).toMatchObject({ check, epoch: 1 })
  })

  test('a buyer who paid less than was taken', async () => {
    const sql = `UPDATE epoch SET state_json = replace(state_json, '"amount":"1000000000"', '"amount":"1000000001"')`
    expect(await ledger.altered({ epoch: 1, behind: 'attribute', sql })).toMatchObject({ check: 'state', epoch: 1 })
  })
})
