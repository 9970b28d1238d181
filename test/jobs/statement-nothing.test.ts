import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EpochRange } from '../../jobs/statement/epochs.ts'
import { wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const [FEE, SMALL_FEE, MINIMUM] = [1_000n, 50n, 1_000n]
const DATA_PARTS = 600_000n

let world: SmallLedger

async function contribute(name: Name, change: Parameters<typeof contribution>[4] = {}): Promise<void> {
  const { batch, features } = await contribution(world.records, randomOf(name.length), name, 4, change)
  await world.send(batch, ...features)
}

/** Epoch 1: too few uses, of one model without features; 2: the pool is given up; 3: one is paid; 4: somebody comes late. */
beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({
    ...{ dataParts: 600_000, modelParts: 200_000, infrastructureParts: 150_000, treasuryParts: 50_000 },
    ...{ minEvents: 3, maxPeriodEpochs: 2, featureWaitEpochs: 9, outsideWaitEpochs: 9 },
    minimumPayouts: [{ token: fromHex(OTHER_TOKEN), amount: MINIMUM }],
  })
  const { records } = world
  await contribute('alice')
  await contribute('bob', { wrong: () => true })
  await contribute('carol')
  await contribute('stranger')
  const contents = Array.from({ length: 4 }, (_, index) => featuresOf(randomOf('alice'.length), SHAPE, index % 2))
  const copies = await contributionOf(records, 'copier', 'batch-copier', contents, {
    fingerprints: (index) => `batch-alice/${index}`,
  })
  await world.send(copies.batch, ...copies.features)
  await world.send(
    await records.batch('host', 'batch-host', 3),
    await records.withdrawal('carol', 'batch-carol', []),
    await records.erasure('batch-stranger', [0, 1, 2, 3]),
    await records.asset('second', 'model', { modeller: 1_000_000 }),
    await records.asset('idle', 'model', { treasury: 1_000_000 }),
    await records.asset('locked', 'model', { partner: 1_000_000 }, { body: { access: 'licensed' } }),
    await records.featureMap({ featureMap: 'map-2', model: 'second', ...SHAPE }),
    records.itemFeatures('batch-alice', 0, featuresOf(randomOf(9), SHAPE, 0), 'of second', {
      body: { featureMap: 'map-2' },
    }),
    ...(await records.vouchers('second')),
    ...(await records.vouchers('locked')),
    ...(await records.vouchers('idle')),
    records.deposit('payer', 100_000n),
    records.deposit('payer', 100_000n, { body: { token: fromHex(OTHER_TOKEN) } }),
    ...uses(records, randomOf(70), ['lonely'], FEE),
    records.inference('of second', FEE, { body: { model: 'second' } }),
    records.inference('outside', FEE, { body: { model: 'locked' } }),
    records.inference('small', SMALL_FEE, { body: { token: fromHex(OTHER_TOKEN) } }),
    records.inference('unpaid', 10n ** 9n, { body: { model: 'idle' } }),
  )
  await world.runEpoch()
  await world.send(records.deposit('payer', 1n))
  await world.runEpoch()
  const ids = Array.from({ length: 10 }, (_, index) => `use-${index}`)
  await world.send(...uses(records, randomOf(71), ids, FEE))
  await world.runEpoch()
  await contribute('operator')
  await world.runEpoch()
})
afterAll(() => world.close())

async function nothing(name: Name, range?: EpochRange) {
  const statement = await wholeStatementOf(world.ledger, addressOf(name), range)
  return statement.nothing.map(({ of, reason, asset, token, count, amount }) => ({
    ...{ of, reason, asset },
    ...(token === null ? {} : { token }),
    ...(count === null ? {} : { count }),
    ...(amount === null ? {} : { amount }),
  }))
}

const READER = { of: 'contributions', asset: 'reader' }
const partOf = (fee: bigint) => (fee * DATA_PARTS) / 1_000_000n
const first = { from: 1, to: 1 }

describe('whoever earns nothing is told why', () => {
  test('too few uses so far, and a pool that was given up for it', async () => {
    const ofReader = { ...READER, token: TOKEN, count: 1, amount: partOf(FEE) }
    const ofOther = { reason: 'no-use-features' }
    expect(await nothing('alice', first)).toEqual(
      expect.arrayContaining([{ ...ofReader, reason: 'too-few-uses' }, expect.objectContaining(ofOther)]),
    )
    expect(await nothing('alice', { from: 1, to: 2 })).toContainEqual({ ...ofReader, reason: 'expired' })
  })

  test('uses that wait for features, and what waits', async () => {
    const waiting = { of: 'contributions', reason: 'no-use-features', asset: 'second', token: TOKEN }
    // Under the model that paid her there is nothing to tell.
    expect(await nothing('alice')).toEqual([{ ...waiting, count: 1, amount: partOf(FEE) }])
  })

  test('copies, contributions that did not help, and ones that came too late', async () => {
    const paid = { ...READER, token: TOKEN }
    expect(await nothing('copier')).toEqual([{ ...paid, reason: 'copies', count: 4 }])
    expect(await nothing('bob')).toEqual([{ ...paid, reason: 'did-not-help', count: 4 }])
    expect(await nothing('operator')).toContainEqual({ ...paid, reason: 'not-then', count: 10 })
  })

  test('what was withdrawn or erased, and what nobody published features of', async () => {
    expect(await nothing('carol')).toEqual([{ ...READER, reason: 'withdrawn' }])
    expect(await nothing('stranger')).toEqual([{ of: 'contributions', reason: 'erased', asset: null, count: 4 }])
    expect(await nothing('host')).toContainEqual({
      ...{ of: 'contributions', reason: 'no-features', asset: null, count: 3 },
    })
    const { erased } = await wholeStatementOf(world.ledger, addressOf('stranger'))
    expect(erased).toEqual([
      { batchId: 'batch-stranger', dataset: 'digits', indexes: [0, 1, 2, 3], orderedIn: 1, records: 0 },
    ])
  })

  test('assets that nobody used, whose uses were not paid for or not licensed, or that others were to be made from', async () => {
    expect(await nothing('operator')).toContainEqual({
      of: 'asset',
      reason: 'nothing-derived',
      asset: 'digits',
      count: 0,
    })
    expect(await nothing('treasury')).toContainEqual({ of: 'asset', reason: 'unpaid', asset: 'idle', count: 1 })
    expect(await nothing('partner', first)).toContainEqual({
      of: 'asset',
      reason: 'outside',
      asset: 'locked',
      count: 1,
    })
    expect(await nothing('treasury', { from: 2, to: 4 })).toContainEqual({
      ...{ of: 'asset', reason: 'unused', asset: 'idle', count: 0 },
    })
  })

  test('what was earned and is below the minimum payout', async () => {
    const small = await world.ledger.warehouse.one<{ small: bigint }>(
      'SELECT small FROM account_total WHERE epoch = 4 AND account = $account AND token = $token',
      { account: addressOf('host'), token: OTHER_TOKEN },
    )
    const { nothing: all } = await wholeStatementOf(world.ledger, addressOf('partner'))
    expect(all).toContainEqual(
      expect.objectContaining({
        of: 'payout',
        reason: 'below-minimum',
        token: OTHER_TOKEN,
        amount: expect.any(BigInt),
      }),
    )
    expect(small!.small).toBeGreaterThan(0n)
  })
})
