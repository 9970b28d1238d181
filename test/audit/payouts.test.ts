import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { AlterableLedger, type Sent } from './support/altered-ledger.ts'

/** The treasury, which has 1,000 of each epoch, does not reach it in two. */
const MINIMUM = 2_500n
const POLICY = {
  ...{ minEvents: 1, holdBackParts: 50_000, holdBackEpochs: 2 },
  minimumPayouts: [{ token: fromHex(TOKEN), amount: MINIMUM }],
}

const useTwice = (world: SmallLedger, epoch: number) => {
  const ids = [1, 2].map((index) => `use-${epoch}-${index}`)
  return world.send(...uses(world.records, randomOf(epoch), ids, 10_001n))
}

/** Two epochs in which something is held back, and something is too small to be paid. */
const EPOCHS: readonly Sent[] = [
  async (world) => {
    await world.found(POLICY)
    const { batch, features } = await contribution(world.records, randomOf(1), 'alice', 4)
    await world.send(batch, ...features, world.records.deposit('payer', 1_000_000n))
    await useTwice(world, 1)
  },
  (world) => useTwice(world, 2),
]

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play(EPOCHS, ['close', 'settle'])
})
afterAll(() => ledger.close())

const treasury = `account = '${addressOf('treasury')}' AND epoch = 2`
const alice = `account = '${addressOf('alice')}' AND epoch = 2`
const state = (change: string) => `UPDATE epoch SET state_json = ${change} WHERE epoch = 2`

describe('promise 6: altered payouts are found', () => {
  test('unaltered, they are not', async () => {
    expect((await ledger.world.audit()).firstDifference).toBeUndefined()
    expect(await ledger.altered({ epoch: 2, behind: 'close', sql: 'SELECT 1' })).toBeUndefined()
  })

  test.each([
    ['less held back than the policy says', 'close', 'UPDATE payout_rule SET hold_back_parts = 49000', 'periods', 2],
    ['more held back than the policy says', 'close', 'UPDATE payout_rule SET hold_back_parts = 51000', 'periods', 2],
    ['a hold-back that lasts longer', 'close', 'UPDATE payout_rule SET hold_back_epochs = 3', 'state', 2],
    ['another minimum', 'close', 'UPDATE minimum_payout SET amount = amount + 1', 'conservation', 2],
    ['a minimum that is left out', 'close', 'DELETE FROM minimum_payout', 'accounts', 2],
    [
      'a small amount that an account lost',
      'settle',
      `UPDATE account_total SET small = small - 1, small_before = small_before - 1 WHERE ${treasury}`,
      'accounts',
      2,
    ],
    [
      'a small amount that was given to somebody else',
      'settle',
      `UPDATE account_total SET small = 0 WHERE ${treasury}`,
      'accounts',
      2,
    ],
    [
      'a payout in part',
      'settle',
      `UPDATE account_total SET cumulative = cumulative - 1, small = 1 WHERE ${alice}`,
      'accounts',
      2,
    ],
    [
      'pay that is said to be held back',
      'settle',
      `UPDATE score SET held_back = held_back + 1 WHERE ${alice}`,
      'scores',
      2,
    ],
    [
      'a reserve that lost an atom',
      'settle',
      state(`regexp_replace(state_json, '"reserves":\\[\\{"amount":"\\d+', '"reserves":[{"amount":"1')`),
      'reserves',
      2,
    ],
    [
      'a reserve that nobody knows any more',
      'settle',
      state(`regexp_replace(state_json, '"reserves":\\[\\{[^}]*\\},', '"reserves":[')`),
      'reserves',
      2,
    ],
    ['a reserve that returns later', 'settle', state(`replace(state_json, '"until":3', '"until":4')`), 'reserves', 2],
  ] as const)('%s', async (_, behind, sql, check, epoch) => {
    expect(await ledger.altered({ epoch, behind, sql })).toMatchObject({ check, epoch })
  })
})
