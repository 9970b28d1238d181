import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { insightsOf } from '../../jobs/insights/insights.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
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
  expect(await insightsOf(warehouse, MODEL, 3)).toMatchObject({ periods: [], demand: [] })
})
