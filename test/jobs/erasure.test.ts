import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import { erase } from '../../jobs/erasure/erase.ts'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import { toHex } from '../../schemas/ids.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { ContributingLedger, contentsOf } from '../support/ledger/contributing-ledger.ts'
import { SOURCES } from '../support/ledger/records.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'

let ledger: ContributingLedger
let world: SmallLedger
let payloads: FolderPayloadStore
beforeEach(async () => {
  ledger = await ContributingLedger.found()
  world = ledger.world
  payloads = new FolderPayloadStore(join(world.folder, 'payloads'))
})
afterEach(() => world.close())

const contribute = (name: Name, id: string, seed = 7) => ledger.contributeWhole(name, id, { seed })

const carryOut = () =>
  erase({ ledger: world.ledger, isAnchored: false, bundles: world.bundles, payloads, clock: () => world.nowMs })

/** Two epochs in which alice and bob earn, and a third that orders the erasure of two of bob's items. */
async function erasedWorld() {
  await contribute('alice', 'of alice')
  const features = await contribute('bob', 'of bob', 11)
  await ledger.useAndPublish()
  await ledger.useAndPublish()
  await world.send(await world.records.erasure('of bob', [0, 2]))
  await ledger.useAndPublish()
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
    const settled = await curvature()
    await carryOut()
    // The third epoch had subtracted them already.
    expect(await curvature()).toEqual(settled)
    await contribute('carol', 'of carol', 23)
    const { periods } = await ledger.useAndPublish()
    expect(periods[0]).toMatchObject({ items: 10 })
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.epochs.at(-1)?.how).toBe('recomputed')
  })

  test('subtracts from the curvature before it deletes, when no period has done so', async () => {
    await contribute('alice', 'of alice')
    await contribute('bob', 'of bob', 11)
    await ledger.useAndPublish()
    await world.send(await world.records.erasure('of bob', [0, 2]))
    await world.runEpoch()
    await carryOut()
    const [subtracted] = await curvature()
    await world.ledger.warehouse.run('DELETE FROM curvature; DELETE FROM curvature_item')
    await ledger.useAndPublish()
    expect(await curvature()).toEqual([subtracted])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('waits for the epoch of its order to be published, and is not done twice', async () => {
    await contribute('bob', 'of bob', 11)
    await ledger.useAndPublish()
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
    await world.send(world.records.itemFeatures('of bob', 2, contentsOf(11)[2]!, 'x', { id: 'again' }))
    const { counts } = await ledger.useAndPublish()
    expect(counts).toMatchObject({ duplicate: 1, reasons: { CONTRIBUTION_ERASED: 1 } })
    expect((await world.audit()).firstDifference).toBeUndefined()
    expect(await carryOut()).toMatchObject({ records: 2, bundles: [4] })
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.erased).toMatchObject({ records: 4, items: 2 })
  })

  test('pays nobody differently: bob keeps what he earned', async () => {
    await erasedWorld()
    const earned = await world.earned(1, addressOf('bob'), 'data')
    await carryOut()
    expect(earned).toBeGreaterThan(0n)
    expect(await world.earned(1, addressOf('bob'), 'data')).toBe(earned)
  })
})

describe('a bundle whose row was emptied', () => {
  /** As an operator would who wants to hide what a record said: as if `orderedIn` had ordered it. */
  async function hide(orderedIn: number): Promise<void> {
    const [features] = await contribute('bob', 'of bob', 11)
    await contribute('alice', 'of alice')
    await ledger.useAndPublish()
    await ledger.useAndPublish()
    const id = Buffer.from(features!.headers.find(([name]) => name === 'ce_id')![1]!).toString()
    const record = toBlob(idHashOf(SOURCES.extractor, id))
    const batch = toBlob(idHashOf(SOURCES.portal, 'of bob'))
    const { warehouse } = world.ledger
    await warehouse.run(
      `INSERT INTO record_erased SELECT rid, $batch, 0, 'map-1', $orderedIn, 0, NULL FROM record WHERE id_hash = $record`,
      { record, batch, orderedIn },
    )
    await warehouse.run('UPDATE record SET record_value = NULL WHERE id_hash = $record', { record })
    expect(await carryOut()).toMatchObject({ items: 0, bundles: [1] })
  }

  test('is found when no order was accepted', async () => {
    await hide(2)
    expect((await world.audit()).firstDifference).toMatchObject({
      check: 'erasures',
      epoch: 1,
      where: expect.stringContaining('restricted/records.parquet row'),
      expected: expect.stringContaining('an ErasureOrdered of item 0 of urn:portal/of bob'),
      found: 'nothing',
    })
  })

  test('is not yet decided when the order is said to lie in an epoch that was not given', async () => {
    await hide(3)
    const report = await world.audit()
    expect(report).toMatchObject({ ok: true, class: 'partial', erased: { orderedLater: 1 } })
    expect(report.trusted.join()).toContain('in an epoch that was not given')
    await ledger.useAndPublish()
    expect((await world.audit()).firstDifference).toMatchObject({ check: 'erasures', epoch: 1 })
  })

  test('is found when the bundle does not list it, or lists what is there', async () => {
    await erasedWorld()
    await carryOut()
    const path = join(world.bundle(1), 'restricted/erasures.json')
    const list = JSON.parse(readFileSync(path, 'utf8')) as { records: object[] }
    const publish = (records: object[]) => {
      const bytes = Buffer.from(canonicalJson({ ...list, records } as CanonicalJson))
      writeFileSync(path, bytes)
      const listing = join(world.bundle(1), 'files.json')
      const { files } = JSON.parse(readFileSync(listing, 'utf8'))
      files['restricted/erasures.json'] = { bytes: bytes.length, sha256: toHex(sha256(bytes)) }
      writeFileSync(listing, canonicalJson({ files }))
    }
    publish(list.records.slice(1))
    expect((await world.audit()).firstDifference).toMatchObject({ check: 'erasures', epoch: 1 })
    publish([...list.records, { ...list.records[0], offset: '0' }])
    expect((await world.audit()).firstDifference).toMatchObject({ check: 'erasures', epoch: 1 })
    publish([list.records[0]!, { ...list.records[1], index: 1 }])
    expect((await world.audit()).firstDifference).toMatchObject({ check: 'decisions', epoch: 1 })
  })
})
