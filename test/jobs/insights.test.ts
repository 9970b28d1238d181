import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { insightsOf } from '../../jobs/insights/insights.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { hashOf, SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
})
afterEach(() => world.close())

const MODEL = 'reader'

async function contributeAndUse(): Promise<void> {
  for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) {
    const wrong = (item: number) => name === 'bob' && item < 2
    const { batch, features } = await contribution(world.records, randomOf(index), name, 6, { wrong })
    await world.send(batch, ...features)
  }
  await world.send(world.records.deposit('payer', 1_000_000n))
  const ids = Array.from({ length: 10 }, (_, index) => `use-${index}`)
  await world.send(...uses(world.records, randomOf(99), ids, 1_001n))
  await world.runEpoch()
}

test('names the data that hurts, worst first, and only that', async () => {
  await contributeAndUse()
  const { periods } = await insightsOf(world.ledger.warehouse, MODEL, 100)
  const rows = await world.ledger.warehouse.all<{ value: bigint }>('SELECT value FROM item_value ORDER BY value')
  const helped = rows.reduce((sum, { value }) => sum + Math.max(0, Number(value)), 0)
  const worst = rows.filter(({ value }) => value < 0n).map(({ value }) => Number(value) / helped)
  const [period] = periods
  expect(period!.hurting.map(({ value }) => value)).toEqual(worst)
  expect(period).toMatchObject({ epoch: 1, hurtingItems: worst.length })
  expect(worst.length).toBeGreaterThan(0)
  const bobs = period!.hurting.filter(({ account }) => account === addressOf('bob'))
  expect(bobs.length).toBeGreaterThanOrEqual(2)
  const top = await insightsOf(world.ledger.warehouse, MODEL, 1)
  expect(top.periods[0]).toMatchObject({ hurtingItems: worst.length, hurting: [{ value: worst[0] }] })
})

test('tells what each dataset did and cost: all that was paid, to the atom', async () => {
  await contributeAndUse()
  const [period] = (await insightsOf(world.ledger.warehouse, MODEL, 3)).periods
  expect(period!.datasets.reduce((sum, { paid }) => sum + paid, 0n)).toBe(period!.paid)
  expect(period!.paid).toBeGreaterThan(0n)
  const values = period!.datasets.map(({ value }) => value)
  expect(values).toEqual([...values].sort((a, b) => b - a))
  for (const each of period!.datasets) expect(each.helping + each.hurting).toBeLessThanOrEqual(each.items)
  // Who is paid for what it did buys the average.
  for (const each of period!.datasets.filter(({ paid }) => paid > 100n)) expect(each.valuePerPaid).toBeCloseTo(1, 1)
})

test('tells which answers the model is least sure of', async () => {
  await contributeAndUse()
  const { demand } = await insightsOf(world.ledger.warehouse, MODEL, 3)
  expect(demand.reduce((sum, each) => sum + each.uses, 0)).toBe(10)
  expect(demand.reduce((sum, each) => sum + each.contributions, 0)).toBe(18)
  const confidences = demand.map(({ confidence }) => confidence)
  expect(confidences).toEqual([...confidences].sort((a, b) => a - b))
  for (const { confidence } of demand) expect(confidence).toBeGreaterThan(0)
})

test('a model without features is not known, and those with features are named', async () => {
  const unknown = (facts: object) => expect.objectContaining({ code: 'MODEL_UNKNOWN', facts })
  const { warehouse } = world.ledger
  await expect(insightsOf(warehouse, 'nobody', 3)).rejects.toThrow(unknown({ model: 'nobody', known: '' }))
  await world.runEpoch()
  await expect(insightsOf(warehouse, 'nobody', 3)).rejects.toThrow(unknown({ model: 'nobody', known: MODEL }))
  expect(await insightsOf(warehouse, MODEL, 3)).toMatchObject({ periods: [], duplicates: [], demand: [] })
})

const FEATURES = [0, 1].map((kind) => featuresOf(randomOf(7 + kind), SHAPE, kind))
const SALT = hashOf('salt')

async function contributeTwo(name: Name, id: string, options: Parameters<typeof contributionOf>[4]) {
  const own = await contributionOf(world.records, name, id, FEATURES, options)
  await world.send(own.batch, ...own.features)
  return own
}

async function useAndSettle(): Promise<number> {
  await world.send(world.records.deposit('payer', 1_000_000n))
  const use = `use ${world.nowMs}`
  await world.send(...uses(world.records, randomOf(5), [`${use} a`, `${use} b`], 1_000n))
  return (await world.runEpoch()).epoch
}

const duplicatesPaid = async (top = 10) => (await insightsOf(world.ledger.warehouse, MODEL, top)).duplicates[0]!

test('near-duplicates paid for: nothing while only the originals were paid', async () => {
  await contributeTwo('alice', 'original', {})
  await contributeTwo('copier', 'copy', {
    near: (index) => [{ batchSource: SOURCES.portal, batchId: 'original', index, similarity: 999_000 }],
  })
  await useAndSettle()
  expect(await duplicatesPaid()).toMatchObject({ contributions: 0, paid: 0n, accounts: [], most: [] })
})

test('near-duplicates paid for: what a copy was paid before the original was revealed, and the copy is the later one', async () => {
  const fingerprints = (index: number) => `content ${index}`
  await world.send(world.records.commitment('alice', 'original', FEATURES.length, SALT))
  await contributeTwo('copier', 'copy', { fingerprints })
  const first = await useAndSettle()
  const paid = await world.earned(first, addressOf('copier'), 'data')
  expect(paid).toBeGreaterThan(0n)
  expect(await duplicatesPaid()).toMatchObject({ contributions: 0 })

  await contributeTwo('alice', 'original', { fingerprints, commitmentSalt: SALT })
  const second = await useAndSettle()
  expect(await world.earned(second, addressOf('alice'), 'data')).toBeGreaterThan(0n)
  const found = await duplicatesPaid()
  // Rounded down for each contribution.
  expect(paid - found.paid).toBeLessThanOrEqual(1n)
  const pair = { account: addressOf('copier'), of: addressOf('alice'), contributions: 2, paid: found.paid }
  expect(found).toMatchObject({ contributions: 2, accounts: [pair] })
  for (const each of found.most) {
    const { account, batchId, index, of, measure, similarity, epochs } = each
    expect({ account, batchId, of }).toEqual({
      ...{ account: addressOf('copier'), batchId: 'copy' },
      of: { account: addressOf('alice'), batchId: 'original', index },
    })
    expect({ measure, similarity, epochs }).toEqual({
      ...{ measure: 'fingerprint/equal@1', similarity: 1_000_000, epochs: [first] },
    })
  }
  expect((await duplicatesPaid(1)).most).toHaveLength(1)
})

test('near-duplicates paid for: under a map without a measure, by the evidence of another map', async () => {
  const { records } = world
  await world.send(
    await records.asset('second-reader', 'model', { modeller: 1_000_000 }),
    await records.featureMap({ featureMap: 'map-2', model: 'second-reader', similarity: 'none' }),
    ...(await records.vouchers('second-reader')),
  )
  const body = { featureMap: 'map-2' }
  const { features } = await contributeTwo('alice', 'original', {})
  await contributeTwo('copier', 'copy', {
    near: (index) => [{ batchSource: SOURCES.portal, batchId: 'original', index, similarity: 997_421 }],
  })
  for (const id of ['original', 'copy'])
    for (const [index, each] of FEATURES.entries())
      await world.send(records.itemFeatures(id, index, each, `${id}/${index}`, { body }))
  expect(features).toHaveLength(2)
  await world.send(records.deposit('payer', 1_000_000n))
  for (const id of ['use a', 'use b'])
    await world.send(
      records.inference(id, 1_000n, { body: { model: 'second-reader' } }),
      records.inferenceFeatures(id, FEATURES[0]!, { body }),
    )
  const { epoch } = await world.runEpoch()
  const copierEarned = await world.earned(epoch, addressOf('copier'), 'data')
  expect(copierEarned).toBeGreaterThan(0n)
  const { duplicates } = await insightsOf(world.ledger.warehouse, 'second-reader', 10)
  const [found] = duplicates
  expect(found!.accounts).toMatchObject([{ account: addressOf('copier'), of: addressOf('alice') }])
  expect(copierEarned - found!.paid).toBeLessThanOrEqual(2n)
  expect(found!.most[0]).toMatchObject({ measure: 'image/pooled-cosine@1', similarity: 997_421, epochs: [epoch] })
})
