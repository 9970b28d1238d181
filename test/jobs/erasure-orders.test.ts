import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { alikeItemsOf } from '../../jobs/erasure/order-erasure.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { ContributingLedger } from '../support/ledger/contributing-ledger.ts'
import { SOURCES } from '../support/ledger/records.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'

let ledger: ContributingLedger
let world: SmallLedger
beforeEach(async () => {
  ledger = await ContributingLedger.found()
  world = ledger.world
})
afterEach(() => ledger.auditAndClose())

const contribute = (name: Name, id: string) => ledger.contribute(name, id)
const send = (records: readonly NewRecord[]) => world.send(...records)

describe('contributions whose erasure was ordered', () => {
  test('take no part from the epoch on in which the order is accepted, neither in scores nor in the curvature', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const both = await ledger.useAndSettle('alice', 'bob')
    expect(both.paid.bob).toBeGreaterThan(0n)
    expect(both.period).toMatchObject({ items: 8 })
    await world.send(await world.records.erasure('of bob', []))
    const erased = await ledger.useAndSettle('alice', 'bob')
    expect(erased.paid.bob).toBe(0n)
    expect(erased.paid.alice).toBeGreaterThan(0n)
    expect(erased.period).toMatchObject({ items: 4, duplicates: 0 })
    expect(BigInt(erased.period.lambda!)).toBeLessThan(BigInt(both.period.lambda!))
  })

  test('are the items that are named, and no other', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    await ledger.useAndSettle()
    await world.send(await world.records.erasure('of bob', [1, 2]))
    await world.send(await world.records.erasure('of bob', [2], { id: 'once more' }))
    const { paid, period } = await ledger.useAndSettle('bob')
    expect(period).toMatchObject({ items: 6 })
    expect(paid.bob).toBeGreaterThan(0n)
  })

  test('represent no copy any more: the next one of equal content is the item', async () => {
    const content = (index: number) => `content ${index}`
    await send(await ledger.contribute('alice', 'original', { fingerprints: content }))
    await send(await ledger.contribute('copier', 'copy', { fingerprints: content }))
    await ledger.useAndSettle()
    const order = { batchSource: SOURCES.portal, batchId: 'original', indexes: [1] }
    expect(await alikeItemsOf(world.ledger.warehouse, order)).toEqual([
      { batchSource: SOURCES.portal, batchId: 'copy', index: 1, account: addressOf('copier') },
    ])
    await world.send(await world.records.erasure('original', []))
    const { paid, period } = await ledger.useAndSettle('alice', 'copier')
    expect(period).toMatchObject({ items: 4, duplicates: 0 })
    expect(paid.alice).toBe(0n)
    expect(paid.copier).toBeGreaterThan(0n)
  })

  test('get no features any more, in the epoch of the order already', async () => {
    const features = await contribute('bob', 'of bob')
    await send(await contribute('alice', 'of alice'))
    await world.send(await world.records.erasure('of bob', [0]))
    await send(features.slice(0, 2))
    const first = await ledger.useAndSettle('bob')
    expect(first.counts.reasons).toEqual({ CONTRIBUTION_ERASED: 1 })
    await send(features.slice(0, 1))
    const second = await ledger.useAndSettle('bob')
    expect(second.counts.reasons).toEqual({ CONTRIBUTION_ERASED: 1 })
    expect(second.period).toMatchObject({ items: 5 })
  })

  test('are ordered by the operator alone: not by whoever contributed them', async () => {
    await send(await contribute('bob', 'of bob'))
    await world.send(await world.records.erasure('of bob', [], { by: 'bob' }))
    const { counts, period } = await ledger.useAndSettle('bob')
    expect(counts.reasons).toEqual({ SIGNATURE_INVALID: 1 })
    expect(period).toMatchObject({ items: 4 })
  })
})
