import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { alikeItemsOf } from '../../jobs/erasure/order-erasure.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { contributionOf, uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
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

/** A batch of four, each item a content of its own unless `fingerprints` says otherwise. */
async function contribute(name: Name, id: string, fingerprints = (index: number) => `${id}/${index}`) {
  const { batch, features } = await contributionOf(world.records, name, id, contents(7), { fingerprints })
  await world.send(batch)
  return features
}

const send = (records: readonly NewRecord[]) => world.send(...records)

async function useAndSettle(...names: readonly Name[]) {
  const name = `use ${world.nowMs}`
  const ids = KINDS.map((_, index) => `${name} ${index}`)
  await world.send(...uses(world.records, randomOf(5), ids, 1_000n))
  const { epoch, periods, counts } = await world.runEpoch()
  expect((await world.audit()).firstDifference).toBeUndefined()
  const paid: Partial<Record<Name, bigint>> = {}
  for (const each of names) paid[each] = await world.earned(epoch, addressOf(each), 'data')
  return { paid, period: periods[0]!, counts }
}

describe('contributions whose erasure was ordered', () => {
  test('take no part from the epoch on in which the order is accepted, neither in scores nor in the curvature', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const both = await useAndSettle('alice', 'bob')
    expect(both.paid.bob).toBeGreaterThan(0n)
    expect(both.period).toMatchObject({ items: 8 })
    await world.send(await world.records.erasure('of bob', []))
    const erased = await useAndSettle('alice', 'bob')
    expect(erased.paid.bob).toBe(0n)
    expect(erased.paid.alice).toBeGreaterThan(0n)
    expect(erased.period).toMatchObject({ items: 4, duplicates: 0 })
    expect(BigInt(erased.period.lambda!)).toBeLessThan(BigInt(both.period.lambda!))
  })

  test('are the items that are named, and no other', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    await useAndSettle()
    await world.send(await world.records.erasure('of bob', [1, 2]))
    await world.send(await world.records.erasure('of bob', [2], { id: 'once more' }))
    const { paid, period } = await useAndSettle('bob')
    expect(period).toMatchObject({ items: 6 })
    expect(paid.bob).toBeGreaterThan(0n)
  })

  test('represent no copy any more: the next one of equal content is the item', async () => {
    const content = (index: number) => `content ${index}`
    await send(await contribute('alice', 'original', content))
    await send(await contribute('copier', 'copy', content))
    await useAndSettle()
    const order = { batchSource: SOURCES.portal, batchId: 'original', indexes: [1] }
    expect(await alikeItemsOf(world.ledger.warehouse, order)).toEqual([
      { batchSource: SOURCES.portal, batchId: 'copy', index: 1, account: addressOf('copier') },
    ])
    await world.send(await world.records.erasure('original', []))
    const { paid, period } = await useAndSettle('alice', 'copier')
    expect(period).toMatchObject({ items: 4, duplicates: 0 })
    expect(paid.alice).toBe(0n)
    expect(paid.copier).toBeGreaterThan(0n)
  })

  test('get no features any more, in the epoch of the order already', async () => {
    const features = await contribute('bob', 'of bob')
    await send(await contribute('alice', 'of alice'))
    await world.send(await world.records.erasure('of bob', [0]))
    await send(features.slice(0, 2))
    const first = await useAndSettle('bob')
    expect(first.counts.reasons).toEqual({ CONTRIBUTION_ERASED: 1 })
    await send(features.slice(0, 1))
    const second = await useAndSettle('bob')
    expect(second.counts.reasons).toEqual({ CONTRIBUTION_ERASED: 1 })
    expect(second.period).toMatchObject({ items: 5 })
  })

  test('are ordered by the operator alone: not by whoever contributed them', async () => {
    await send(await contribute('bob', 'of bob'))
    await world.send(await world.records.erasure('of bob', [], { by: 'bob' }))
    const { counts, period } = await useAndSettle('bob')
    expect(counts.reasons).toEqual({ SIGNATURE_INVALID: 1 })
    expect(period).toMatchObject({ items: 4 })
  })
})
