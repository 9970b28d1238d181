import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explain } from '../../jobs/statement/explain.ts'
import { wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import type { EventBodies, RetrievedItem } from '../../schemas/events.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

type Policy = Partial<EventBodies['PolicyPublished']>

const channels = (...names: string[]): Policy => ({ dataChannels: [{ model: '', channels: names }] })

/** Half of each fee is for data; alice has a batch `a` of three contributions, bob one `b` of one. */
async function found(policy: Policy): Promise<void> {
  await world.found({ minEvents: 1, ...policy })
  await world.send(await world.records.batch('alice', 'a', 3), await world.records.batch('bob', 'b', 1))
  await world.send(world.records.deposit('payer', 1_000_000n))
}

const item = (batchId: string, index: number, score = 0): RetrievedItem => ({
  ...{ batchSource: SOURCES.portal, batchId, index, score },
})
const use = (id: string, fee: bigint, retrieved: RetrievedItem[], body = {}) =>
  world.send(world.records.inference(id, fee, { body: { retrieved, ...body } }))
const features = (id: string) =>
  world.send(world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0), { body: {} }))

/** Ends an epoch that has at least a record. */
async function epoch() {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}

const retrieval = (after: number, name: 'alice' | 'bob') => world.earned(after, addressOf(name), 'retrieval')
const nobodys = async (after: number) =>
  BigInt((await world.state(after)).unattributed.find(({ token }) => token === TOKEN)?.amount ?? 0)
const finds = async () => (await world.audit()).firstDifference

describe('promise 4: what was retrieved for a use is paid', () => {
  test('by score, each use dividing what it brought; by rank when all scores are 0', async () => {
    await found(channels('retrieval'))
    await use('scored', 1_000n, [item('a', 0, 300), item('a', 1, 100), item('b', 0, 400)])
    const { conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ funded: '1000', out: '1000', unattributed: '0', heldOut: '0' })
    expect([await retrieval(1, 'alice'), await retrieval(1, 'bob')]).toEqual([250n, 250n])
    const [explained] = await explain(world.ledger.warehouse, ['scored'], 3)
    expect(explained).toMatchObject({
      channel: 'retrieval',
      paid: null,
      retrieved: [
        { rank: 1, score: 300, batchId: 'a', index: 0, account: addressOf('alice'), apportioned: 188n },
        { rank: 2, score: 100, batchId: 'a', index: 1, account: addressOf('alice'), apportioned: 62n },
        { rank: 3, score: 400, batchId: 'b', index: 0, account: addressOf('bob'), apportioned: 250n },
      ],
    })
    await use('ranked', 1_100n, [item('b', 0), item('a', 0), item('a', 2)])
    await use('unretrieved', 100n, [])
    await epoch()
    // 1, 1/2 and 1/3 of 550; what nothing was retrieved for is nobody's.
    expect([await retrieval(2, 'alice'), await retrieval(2, 'bob')]).toEqual([250n, 300n])
    expect(await nobodys(2)).toBe(50n)
    const weights = await world.ledger.warehouse.all(
      'SELECT account, weight FROM channel_weight WHERE epoch = 2 ORDER BY weight',
    )
    expect(weights).toEqual([
      { account: addressOf('alice'), weight: 454_545 },
      { account: addressOf('bob'), weight: 545_455 },
    ])
    const told = await wholeStatementOf(world.ledger, addressOf('bob'))
    expect(told.uses.map(({ epoch: at, asset, role, uses, fees }) => [at, asset, role, uses, fees])).toEqual([
      [1, 'reader', 'retrieved', 1, 1_000n],
      [2, 'reader', 'retrieved', 1, 1_100n],
    ])
    const pool = { fromFees: 1_100n, before: 0n, yours: 550n, others: 500n, held: 0n, unattributed: 50n }
    expect(told.split[0]!.pools[0]).toEqual({ kind: 'data', asset: 'reader', ...pool })
    expect(await finds()).toBeUndefined()
  })

  test('by rank alone when the policy says so, and what is unknown, withdrawn or erased is nobody’s', async () => {
    await found({ ...channels('retrieval'), retrievalRule: 'rank' })
    const { records } = world
    await world.send(await records.withdrawal('alice', 'a', [1]), await records.erasure('a', [2]))
    await use('one', 1_200n, [item('a', 0, 0), item('b', 1, 5), item('a', 1, 5), item('a', 2, 5), item('none', 0, 5)])
    await epoch()
    // 60, 30, 20, 15 and 12 of 137 parts of 600, of which only the first is anybody's.
    expect([await retrieval(1, 'alice'), await retrieval(1, 'bob')]).toEqual([263n, 0n])
    expect(await nobodys(1)).toBe(337n)
    // What comes later changes nothing that was paid, and pays from then on.
    await world.send(await records.withdrawal('alice', 'a', []), await records.batch('bob', 'none', 1))
    await use('two', 1_200n, [item('a', 0), item('none', 0)])
    await epoch()
    expect([await retrieval(2, 'alice'), await retrieval(2, 'bob')]).toEqual([0n, 200n])
    expect(await finds()).toBeUndefined()
  })

  test('a payer who retrieves their own contributions gets back the data part at most, whoever else uses the model', async () => {
    await found({ ...channels('retrieval'), retrievalRule: 'score' })
    await world.send(world.records.deposit('partner', 1_000n))
    await use('own', 1_000n, [item('b', 0, 1_000_000)], {})
    await world.send(
      world.records.inference('other', 777n, {
        payer: 'partner',
        body: { retrieved: [item('a', 0, 1), item('b', 0, 1)] },
      }),
    )
    await epoch()
    // 888.5 of 1,777: 500 of them for the one use, the rest half and half.
    expect(await retrieval(1, 'bob')).toBe(694n)
    expect(await retrieval(1, 'alice')).toBe(194n)
    expect(await finds()).toBeUndefined()
  })
})

describe('promise 4: the chain of channels', () => {
  test('features first, then what was retrieved, then nobody; a later policy changes no use', async () => {
    await found({
      ...channels('features', 'retrieval'),
      featureWaitEpochs: 2,
      retrievalParts: 200_000,
      maxPeriodEpochs: 9,
    })
    await use('featured', 1_000n, [item('a', 0, 1)])
    await use('late', 1_000n, [item('a', 0, 1)])
    await use('never', 1_000n, [item('b', 0, 1)])
    await use('nothing', 1_000n, [])
    await features('featured')
    await world.send(
      await world.records.policy({
        policy: 'later',
        ...channels('features'),
        featureWaitEpochs: 0,
        maxPeriodEpochs: 9,
      }),
    )
    const first = await epoch()
    // A fifth of the data part of the three with something retrieved; the rest of one is in its period.
    expect([await retrieval(1, 'alice'), await retrieval(1, 'bob')]).toEqual([200n, 100n])
    expect(first.periods).toMatchObject([{ fees: '1000', pool: '400' }])
    const entry = { model: 'reader', token: TOKEN, epoch: 1, until: 3, taken: '0' }
    expect((await world.state(1)).waiting).toEqual([
      { ...entry, retrieved: false, part: '500', fees: '1000' },
      { ...entry, retrieved: true, part: '800', fees: '2000' },
    ])
    await features('late')
    const second = await epoch()
    expect(second.periods).toMatchObject([{ firstEpoch: 1, fees: '2000', pool: '800' }])
    expect((await world.state(2)).waiting[1]).toMatchObject({ taken: '1000' })
    await features('unknown')
    const before = await nobodys(2)
    await epoch()
    expect([await retrieval(3, 'alice'), await retrieval(3, 'bob')]).toEqual([0n, 400n])
    expect((await nobodys(3)) - before).toBe(500n)
    expect((await world.state(3)).waiting).toEqual([])
    expect(await finds()).toBeUndefined()
  })

  test('what may still come is waited for, even when a later channel has what it needs', async () => {
    await found({ ...channels('text', 'features', 'retrieval'), featureWaitEpochs: 1 })
    await use('one', 1_000n, [item('a', 0, 1)])
    await use('two', 1_000n, [item('a', 0, 1)])
    await features('one')
    expect((await epoch()).periods).toEqual([])
    const { periods } = await epoch()
    expect(periods).toMatchObject([{ fees: '1000', pool: '500', firstEpoch: 2, events: 1 }])
    expect(await retrieval(2, 'alice')).toBe(500n)
    expect(await finds()).toBeUndefined()
  })

  test('retrieval before features takes at once what has something retrieved, and each model has its own chain', async () => {
    await found({
      featureWaitEpochs: 3,
      dataChannels: [
        { model: '', channels: ['retrieval', 'features'] },
        { model: 'mapless', channels: ['retrieval'] },
      ],
    })
    const { records } = world
    await world.send(
      await records.asset('mapless', 'model', { modeller: 1_000_000 }),
      ...(await records.vouchers('mapless')),
    )
    await use('taken', 1_000n, [item('a', 0, 1)])
    await features('taken')
    await use('waits', 1_000n, [])
    await use('prompt', 1_000n, [], { model: 'mapless' })
    const { periods } = await epoch()
    expect(periods).toEqual([])
    expect(await retrieval(1, 'alice')).toBe(500n)
    expect((await world.state(1)).waiting).toMatchObject([{ model: 'reader', fees: '1000', retrieved: false }])
    expect(await nobodys(1)).toBe(500n)
    expect(await finds()).toBeUndefined()
  })
})

describe('a licensed dataset', () => {
  const ARCHIVE = 'archive'
  async function license(): Promise<void> {
    await found({ ...channels('retrieval'), outsideWaitEpochs: 2 })
    const { records } = world
    await world.send(
      await records.asset(ARCHIVE, 'dataset', { operator: 1_000_000 }, { body: { access: 'licensed' } }),
      await records.batch('bob', 'licensed', 1, { body: { dataset: ARCHIVE } }),
    )
  }
  const grant = (name: string, uses: string[], coversFromEpoch = 0) =>
    world.records
      .licence(name, ARCHIVE, { uses, coversFromEpoch }, { by: 'operator' })
      .then((record) => world.send(record))

  test('is not retrieved from without a licence to retrieve: the fee is held, released in retrospect, or given back', async () => {
    await license()
    await use('open', 1_000n, [item('a', 0, 1)])
    await use('outside', 1_000n, [item('licensed', 0, 1), item('a', 0, 1)])
    await use('outside for business', 1_000n, [item('licensed', 0, 1)], { commercial: true })
    const { conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ funded: '1000', outside: '2000', heldOut: '2000' })
    await grant('to train', ['train'], 1)
    await epoch()
    expect((await world.state(2)).outside).toMatchObject([{ fees: '2000' }])
    await grant('to retrieve', ['retrieve'], 1)
    await use('covered', 1_000n, [item('licensed', 0, 1)])
    const third = await epoch()
    expect(third.conservation[0]).toMatchObject({ funded: '1000', released: '1000', refunded: '1000' })
    expect([await retrieval(3, 'alice'), await retrieval(3, 'bob')]).toEqual([250n, 750n])
    expect(await finds()).toBeUndefined()
  })
})

describe('an epoch that is settled again', () => {
  test('divides what corrections leave; the chain of each use is what it was', async () => {
    await found({ ...channels('features', 'retrieval'), featureWaitEpochs: 1, retrievalParts: 500_000 })
    await use('dear', 1_000n, [item('a', 0, 1)])
    await use('right', 1_000n, [item('b', 0, 1)])
    await epoch()
    await epoch()
    expect([await retrieval(2, 'alice'), await retrieval(2, 'bob')]).toEqual([250n, 250n])
    await world.send(world.records.correction('dear', 400n), await world.records.adjustment('mend', 1, 2))
    await epoch()
    const deltas = await world.ledger.warehouse.all(
      `SELECT for_epoch, account, delta FROM adjustment_delta WHERE kind = 'retrieval' ORDER BY for_epoch`,
    )
    expect(deltas).toEqual([
      { for_epoch: 1, account: addressOf('alice'), delta: -150n },
      { for_epoch: 2, account: addressOf('alice'), delta: -150n },
    ])
    expect(await finds()).toBeUndefined()
  })
})
