import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { contributionOf, uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  await world.send(world.records.deposit('payer', 1_000_000n))
})
afterEach(() => world.close())

const KINDS = [0, 1, 0, 1]
const contents = (seed: number): Features[] => KINDS.map((kind) => featuresOf(randomOf(seed + kind), SHAPE, kind))

async function contribute(name: Name, id: string, fingerprints = (index: number) => `${id}/${index}`) {
  const { batch, features } = await contributionOf(world.records, name, id, contents(7), { fingerprints })
  await world.send(batch)
  return features
}

const withdraw = async (name: Name, id: string, indexes: number[] = []) =>
  world.send(await world.records.withdrawal(name, id, indexes))

/** What the epoch paid for data, by name, and what its period says. */
async function useAndSettle(...names: readonly Name[]) {
  const name = `use ${world.nowMs}`
  const ids = KINDS.map((_, index) => `${name} ${index}`)
  await world.send(...uses(world.records, randomOf(5), ids, 1_000n))
  const { epoch, periods } = await world.runEpoch()
  expect((await world.audit()).firstDifference).toBeUndefined()
  const paid: Partial<Record<Name, bigint>> = {}
  for (const each of names) paid[each] = await world.earned(epoch, addressOf(each), 'data')
  return { paid, period: periods[0]! }
}

const send = (records: readonly NewRecord[]) => world.send(...records)

describe('withdrawn contributions', () => {
  test('earn nothing from the epoch on in which the withdrawal is accepted; what was settled stays', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const first = await useAndSettle('alice', 'bob')
    expect(first.paid.alice).toBeGreaterThan(0n)
    expect(first.paid.bob).toBe(first.paid.alice)
    await withdraw('bob', 'of bob')
    const second = await useAndSettle('alice', 'bob')
    expect(second.paid.bob).toBe(0n)
    expect(second.paid.alice).toBeGreaterThan(0n)
    const { totals, helped } = await statementOf(world.ledger.warehouse, addressOf('bob'))
    expect(totals.map(({ cumulative }) => cumulative)).toEqual([first.paid.bob])
    expect(helped).toEqual([])
  })

  test('stay in the curvature and among the items; only those that are named are withdrawn', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const { period: before } = await useAndSettle()
    await withdraw('bob', 'of bob', [0, 2])
    const { paid, period } = await useAndSettle('alice', 'bob')
    expect(period).toMatchObject({ items: 8, duplicates: 0, lambda: before.lambda })
    expect(paid.bob).toBeGreaterThan(0n)
    expect(paid.bob).toBeLessThan(paid.alice!)
  })

  test('withdrawing again changes nothing', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    await withdraw('bob', 'of bob', [1])
    const once = await useAndSettle('alice', 'bob')
    await withdraw('bob', 'of bob', [1])
    await withdraw('bob', 'of bob', [1])
    const { counts } = await world.runEpoch()
    expect(counts).toMatchObject({ accepted: 2, rejected: 0 })
    const again = await useAndSettle('alice', 'bob')
    expect(again.period.sumPositive).toBe(once.period.sumPositive)
    expect(again.paid.bob).toBeGreaterThan(0n)
  })

  test('a withdrawn item still represents: its copy earns nothing', async () => {
    const content = (index: number) => `content ${index}`
    await send(await contribute('alice', 'original', content))
    await send(await contribute('copier', 'copy', content))
    await withdraw('alice', 'original')
    const { paid, period } = await useAndSettle('alice', 'copier')
    expect(paid).toEqual({ alice: 0n, copier: 0n })
    expect(period).toMatchObject({ items: 4, duplicates: 4 })
  })

  test('features that come later are those of withdrawn items too, under whatever epoch', async () => {
    const features = await contribute('bob', 'of bob')
    await send(await contribute('alice', 'of alice'))
    await withdraw('bob', 'of bob')
    await useAndSettle()
    await send(features)
    const { paid, period } = await useAndSettle('alice', 'bob')
    expect(period).toMatchObject({ items: 8 })
    expect(paid.bob).toBe(0n)
    expect(paid.alice).toBeGreaterThan(0n)
  })
})
