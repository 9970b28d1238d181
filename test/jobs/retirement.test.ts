import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const FEE = 1_000n

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

/** Half of each fee is for the data of two contributors, the rest the model's. */
async function found(policy: Parameters<SmallLedger['found']>[0] = {}): Promise<void> {
  const { records } = world
  await world.found({ dataParts: 500_000, modelParts: 500_000, infrastructureParts: 0, treasuryParts: 0, ...policy })
  for (const [index, name] of (['alice', 'bob'] as const).entries()) {
    const { batch, features } = await contribution(records, randomOf(index), name, 4)
    await world.send(batch, ...features)
  }
  await world.send(records.deposit('payer', 1_000_000n))
}

const FEATURES = featuresOf(randomOf(5), SHAPE, 0)
/** The model is quite sure already: contributors help less than D̄ says, and some of the pool is carried. */
const WEAK = { ...FEATURES, p: [999, 1], multiplier: 200 }
const feature = (id: string, features = FEATURES) => world.send(world.records.inferenceFeatures(id, features))
async function use(count: number, prefix: string, features: typeof FEATURES | null = FEATURES): Promise<void> {
  for (let index = 0; index < count; index++) {
    await world.send(world.records.inference(`${prefix}-${index}`, FEE))
    if (features !== null) await feature(`${prefix}-${index}`, features)
  }
}
const retire = async () => world.send(await world.records.retirement('reader', { by: 'partner' }))

/** Ends an epoch that has at least a record; what the audit says of it is the last thing that a test asks. */
async function epoch(): Promise<Manifest> {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}
const periodOf = async (after: number) => {
  const [period] = (await world.state(after)).periods
  return period && { epochs: period.epochs, pool: period.pool, carriedIn: period.carriedIn }
}
const OVER = { epochs: [], pool: '0', carriedIn: '0' }
const auditFinds = async () => (await world.audit()).firstDifference

describe('a retired model', () => {
  test('is used up to the place of its retirement, and not behind it, in this epoch or any other', async () => {
    await found({ minEvents: 1 })
    await use(2, 'before')
    const [, [refused]] = [await retire(), await world.send(world.records.inference('behind', FEE))]
    const { conservation, periods, counts } = await epoch()
    expect(await world.outcomeOf(refused!)).toBe('MODEL_RETIRED')
    expect(conservation[0]).toMatchObject({ funded: '2000' })
    expect(periods).toMatchObject([{ state: 'paid', events: 2 }])
    expect(counts.reasons).toEqual({ MODEL_RETIRED: 1 })
    const [later] = await world.send(world.records.inference('later', FEE))
    await epoch()
    expect(await world.outcomeOf(later!)).toBe('MODEL_RETIRED')
    expect(await auditFinds()).toBeUndefined()
  })

  test('an open period that has too few events is given up at once: it never gets more', async () => {
    await found({ minEvents: 6, maxPeriodEpochs: 9 })
    await use(2, 'few')
    expect((await epoch()).periods).toMatchObject([{ state: 'held', pool: '1000' }])
    await retire()
    const { periods, conservation } = await epoch()
    expect(periods).toMatchObject([{ state: 'unattributed', epochs: 2, pool: '1000', unattributed: '1000' }])
    expect(conservation[0]).toMatchObject({ heldIn: '1000', unattributed: '1000', heldOut: '0' })
    expect(await periodOf(2)).toEqual(OVER)
    expect((await epoch()).periods).toEqual([])
    expect(await auditFinds()).toBeUndefined()
  })

  test('one that has enough pays as ever; what it carries no period can pay any more', async () => {
    await found({ minEvents: 1 })
    await use(4, 'strong')
    await epoch()
    await use(4, 'weak', WEAK)
    await retire()
    const { periods } = await epoch()
    const carried = periods[0]!.carried
    expect(periods[0]).toMatchObject({ state: 'paid' })
    expect(BigInt(carried)).toBeGreaterThan(0n)
    expect(await periodOf(2)).toEqual({ epochs: [], pool: carried, carriedIn: carried })
    const { conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ heldIn: carried, unattributed: carried, out: '0', heldOut: '0' })
    expect(await periodOf(3)).toEqual(OVER)
    expect(await auditFinds()).toBeUndefined()
  })

  test('waits for features of uses before it, which are paid for', async () => {
    await found({ minEvents: 2, maxPeriodEpochs: 9, featureWaitEpochs: 2 })
    await use(2, 'featured later', null)
    await feature('featured later-0')
    await retire()
    expect((await epoch()).periods).toMatchObject([{ state: 'held', pool: '500' }])
    await feature('featured later-1')
    const { periods } = await epoch()
    expect(periods).toMatchObject([{ state: 'paid', events: 2, pool: '1000' }])
    expect(await world.earned(2, addressOf('alice'))).toBeGreaterThan(0n)
    expect(await auditFinds()).toBeUndefined()
  })

  test('features that never come hold it up for their wait alone', async () => {
    await found({ minEvents: 2, maxPeriodEpochs: 9, featureWaitEpochs: 2 })
    await use(2, 'never featured', null)
    await feature('never featured-0')
    await retire()
    expect((await epoch()).periods).toMatchObject([{ state: 'held' }])
    expect((await epoch()).periods).toMatchObject([{ state: 'held' }])
    const { periods, conservation } = await epoch()
    expect(periods).toMatchObject([{ state: 'unattributed', pool: '500' }])
    expect(conservation[0]).toMatchObject({ unattributed: '1000', heldOut: '0' })
    expect(await auditFinds()).toBeUndefined()
  })

  test('what was held back returns first', async () => {
    await found({ minEvents: 1, holdBackParts: 100_000, holdBackEpochs: 2 })
    await use(4, 'strong')
    await retire()
    const { periods } = await epoch()
    const { heldBack, carried } = periods[0]!
    expect(BigInt(heldBack)).toBeGreaterThan(0n)
    expect((await epoch()).conservation[0]).toMatchObject({ unattributed: '0' })
    const { conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ unattributed: `${BigInt(heldBack) + BigInt(carried)}`, heldOut: '0' })
    expect(await periodOf(3)).toEqual(OVER)
    expect(await auditFinds()).toBeUndefined()
  })

  test('a fee that was held outside its licences can still be released, and joins', async () => {
    const { records } = world
    await found({ minEvents: 1, outsideWaitEpochs: 2, featureWaitEpochs: 1 })
    await world.send(
      await records.asset('poems', 'model', { modeller: 1_000_000 }, { body: { access: 'licensed' } }),
      await records.featureMap({ featureMap: 'map-2', model: 'poems' }),
      ...(await records.vouchers('poems')),
      records.inference('outside', FEE, { body: { model: 'poems' } }),
      records.inferenceFeatures('outside', FEATURES, { body: { featureMap: 'map-2' } }),
      await records.retirement('poems'),
    )
    expect((await epoch()).periods).toEqual([])
    await world.send(await records.licence('back', 'poems', { coversFromEpoch: 1 }))
    const { periods, conservation } = await epoch()
    expect(conservation[0]).toMatchObject({ released: '1000' })
    // Nothing was contributed to it: the period opens with the fee, and is given up in the same epoch.
    expect(periods).toMatchObject([{ model: 'poems', state: 'unattributed', pool: '500' }])
    expect(await auditFinds()).toBeUndefined()
  })

  test('what was derived from it goes on, and pays its royalty', async () => {
    const { records } = world
    await found({ dataParts: 0, upstreamParts: 500_000 })
    await world.send(
      await records.retirement('reader', { by: 'partner' }),
      await records.derived('child', 'model', 'alice', { reader: { by: 'partner', parts: 500_000 } }),
      ...(await records.vouchers('child')),
      records.inference('of the child', FEE, { body: { model: 'child' } }),
    )
    const { epoch: first } = await epoch()
    expect(await world.earned(first, addressOf('partner'), 'royalty')).toBeGreaterThan(0n)
    expect(await auditFinds()).toBeUndefined()
  })
})
