import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { erase } from '../../jobs/erasure/erase.ts'
import { eventReceiptOf } from '../../jobs/statement/event-receipt.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { contributionOf, uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
let payloads: FolderPayloadStore
beforeEach(async () => {
  world = await SmallLedger.open()
  payloads = new FolderPayloadStore(join(world.folder, 'payloads'))
  await world.found({ minEvents: 1 })
  await world.send(world.records.deposit('payer', 1_000_000n))
})
afterEach(() => world.close())

const KINDS = [0, 1, 0, 1]
const contents = (seed: number): Features[] => KINDS.map((kind) => featuresOf(randomOf(seed + kind), SHAPE, kind))

async function contribute(name: Name, id: string, seed = 7): Promise<NewRecord[]> {
  const fingerprints = (index: number) => `${id}/${index}`
  const { batch, features } = await contributionOf(world.records, name, id, contents(seed), { fingerprints })
  await world.send(batch, ...features)
  return features
}

async function useAndPublish() {
  const name = `use ${world.nowMs}`
  const ids = KINDS.map((_, index) => `${name} ${index}`)
  await world.send(...uses(world.records, randomOf(5), ids, 1_000n))
  return world.runEpoch()
}

const carryOut = () => erase({ ledger: world.ledger, bundles: world.bundles, payloads, clock: () => world.nowMs })

/** Two epochs in which alice and bob earn, and a third that orders the erasure of two of bob's items. */
async function erasedWorld() {
  await contribute('alice', 'of alice')
  const features = await contribute('bob', 'of bob', 11)
  await useAndPublish()
  await useAndPublish()
  await world.send(await world.records.erasure('of bob', [0, 2]))
  await useAndPublish()
  return features
}

const curvature = async () => {
  const rows = await world.ledger.warehouse.all('SELECT md5(k::VARCHAR) AS k FROM curvature')
  return rows.map(({ k }) => k)
}

describe('an erasure that is carried out', () => {
  test('leaves ledger, receipts and money as they are, and an audit names what it took over', async () => {
    await erasedWorld()
    const before = await Promise.all([1, 2, 3].map((epoch) => world.manifest(epoch)))
    const done = await carryOut()
    expect(done).toMatchObject({ items: 2, waiting: 0, records: 2, bundles: [1], unreadable: [] })
    expect(await Promise.all([1, 2, 3].map((epoch) => world.manifest(epoch)))).toEqual(before)
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.class).toBe('partial')
    expect(report.epochs.map(({ how }) => how)).toEqual(['but for erased', 'but for erased', 'recomputed'])
    expect(report.erased).toMatchObject({ records: 2, items: 2, orderedLater: 0 })
    expect(report.erased?.periods.map(({ epoch }) => epoch)).toEqual([1, 2])
    expect(report.trusted.join('\n')).toContain('2 erased record(s), features of 2 item(s)')
  })

  test('needs no erased features any more: later epochs settle and are recomputed whole, on the curvature that was subtracted', async () => {
    await erasedWorld()
    await world.ledger.warehouse.run('DELETE FROM contribution_erased WHERE epoch = 99')
    const settled = await curvature()
    await carryOut()
    // The third epoch had subtracted them already.
    expect(await curvature()).toEqual(settled)
    await contribute('carol', 'of carol', 23)
    const { periods } = await useAndPublish()
    expect(periods[0]).toMatchObject({ items: 10 })
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.epochs.at(-1)?.how).toBe('recomputed')
  })

  test('subtracts from the curvature before it deletes, when no period has done so', async () => {
    await contribute('alice', 'of alice')
    await contribute('bob', 'of bob', 11)
    await useAndPublish()
    await world.send(await world.records.erasure('of bob', [0, 2]))
    await world.runEpoch()
    await carryOut()
    const [subtracted] = await curvature()
    await world.ledger.warehouse.run('DELETE FROM curvature; DELETE FROM curvature_item')
    await useAndPublish()
    expect(await curvature()).toEqual([subtracted])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('waits for the epoch of its order to be published, and is not done twice', async () => {
    await contribute('bob', 'of bob', 11)
    await useAndPublish()
    await world.send(await world.records.erasure('of bob', []))
    world.endInterval()
    await world.step('close')
    expect(await carryOut()).toMatchObject({ items: 0, waiting: 4, records: 0, bundles: [] })
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect(await carryOut()).toMatchObject({ items: 4, waiting: 0, records: 4, bundles: [1] })
    expect(await carryOut()).toMatchObject({ items: 4, records: 0, bundles: [], payloads: 0 })
  })

  test('reaches copies of the record too: duplicates, what was refused, and what comes later', async () => {
    const features = await erasedWorld()
    await carryOut()
    // The same bytes again: a duplicate. Under another id: refused.
    await world.send(features[0]!)
    await world.send(world.records.itemFeatures('of bob', 2, contents(11)[2]!, 'x', { id: 'again' }))
    const { counts } = await useAndPublish()
    expect(counts).toMatchObject({ duplicate: 1, reasons: { CONTRIBUTION_ERASED: 1 } })
    expect((await world.audit()).firstDifference).toBeUndefined()
    expect(await carryOut()).toMatchObject({ records: 2, bundles: [4] })
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.erased).toMatchObject({ records: 4, items: 2 })
  })

  test('keeps the receipt of a record that was erased, without its bytes', async () => {
    const features = await erasedWorld()
    await carryOut()
    const id = Buffer.from(features[0]!.headers.find(([name]) => name === 'ce_id')![1]!).toString()
    const receipt = await eventReceiptOf(
      world.ledger,
      { id },
      { withRecord: true, tiles: () => Promise.reject(new Error('no tiles')) },
    ).catch((error: Error) => error.message)
    expect(receipt).toBe('no tiles')
  })

  test('pays nobody differently: bob keeps what he earned', async () => {
    await erasedWorld()
    const earned = await world.earned(1, addressOf('bob'), 'data')
    await carryOut()
    expect(earned).toBeGreaterThan(0n)
    expect(await world.earned(1, addressOf('bob'), 'data')).toBe(earned)
  })
})

test('a bundle whose row was emptied without an order is found', async () => {
  await contribute('alice', 'of alice')
  await contribute('bob', 'of bob', 11)
  await useAndPublish()
  await useAndPublish()
  const { warehouse } = world.ledger
  // As an operator would who wants to hide a record: it looks like an erasure that epoch 2 ordered.
  await warehouse.run(`
    INSERT INTO record_erased
    SELECT r.rid, f.batch, f.item_index, f.feature_map, 2, 0
    FROM record AS r JOIN outcome USING (rid), (SELECT * FROM contribution_features ORDER BY ordinal LIMIT 1) AS f
    WHERE r.event_type = 'ContributionFeatures' ORDER BY leaf_index LIMIT 1;
    UPDATE record SET record_value = NULL WHERE rid IN (SELECT rid FROM record_erased)`)
  await carryOut()
  const report = await world.audit()
  expect(report.firstDifference).toMatchObject({ check: 'erasures', epoch: 1 })
})
