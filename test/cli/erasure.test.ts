import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import type { ItemErasure } from '../../jobs/erasure/copies.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { ErasableLedger, featuresId, featuresOfItem, payloadOf, records, vectorOf } from './support/erasable-ledger.ts'
import { documentOf, type Ended, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let ledger: ErasableLedger
beforeAll(async () => {
  ledger = await ErasableLedger.found(path('ledger'))
})

/** Of each kind of copy, the states of all items. */
function statesOf(status: Ended): Record<string, string[]> {
  const copies = documentOf<{ items: ItemErasure[] }>(status).items.flatMap((item) => item.copies)
  const kinds = [...new Set(copies.map(({ what }) => what))]
  return Object.fromEntries(
    kinds.map((kind) => [kind, [...new Set(copies.filter(({ what }) => what === kind).map(({ state }) => state))]]),
  )
}

describe('tally erase', () => {
  test('erases and verifies everything', async () => {
    // given: three who earn; a refused and a repeated record of the same features, with dead letters
    const bob = await ledger.contributed('bob')
    await ledger.publish(...(await ledger.contributed('alice')), ...bob, ...(await ledger.contributed('carol')))
    const again = records.itemFeatures('of bob', 0, featuresOfItem('bob', 0), 'bob/0', { id: 'under another id' })
    await ledger.publish(bob[1]!, again)
    await ledger.tally('explain', 'use 0 0')
    const receipt = path('receipt.json')
    const event = path('event.json')
    for (const wanted of [
      [addressOf('bob'), '--out', receipt],
      [featuresId('bob', 0), '--out', event],
    ])
      expect(await ledger.tally('receipt', ...wanted)).toMatchObject({ end: 0, stderr: '' })
    for (const bytes of [payloadOf('bob', 0), vectorOf('bob', 0)])
      expect(ledger.filesWith(bytes).length).toBeGreaterThan(0)
    expect(ledger.filesWith(vectorOf('bob', 0))).toEqual(
      expect.arrayContaining(['log.duckdb', 'warehouse.duckdb', 'bundles/epoch-000001/restricted/records.parquet']),
    )

    // when: it is ordered, the epoch of the order is published, and it is carried out
    const ordered = await ledger.tally('erase', '--account', addressOf('bob'))
    expect(ordered).toMatchObject({ end: 4, stderr: '' })
    expect(documentOf(ordered)).toMatchObject({
      ordered: [{ batchId: 'of bob', indexes: [] }],
      alike: [],
      items: 0,
      records: 0,
    })
    await ledger.publish()
    const before = await ledger.tally('erasure', 'status')
    expect(before.end).toBe(4)
    expect(statesOf(before)).toMatchObject({
      payload: ['there'],
      warehouse: ['there'],
      log: ['there'],
      bundle: ['there'],
    })
    const erased = await ledger.tally('erase')
    expect(erased).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(erased)).toMatchObject({ items: 4, payloads: 4, records: 6, bundles: [1, 2] })
    expect(documentOf(await ledger.tally('erase'))).toMatchObject({
      payloads: 0,
      records: 0,
      messages: 0,
      bundles: [],
      rewritten: [],
    })

    // then: no file has a byte of it, and of the others everything
    expect(ledger.filesOf('bob')).toEqual([])
    expect(ledger.copiesOf('alice')).toBeGreaterThan(1)
    // … every copy is listed
    expect(statesOf(await ledger.tally('erasure', 'status'))).toEqual({
      payload: ['erased'],
      warehouse: ['erased'],
      bundle: ['erased'],
      log: ['erased'],
      'dead letter': ['erased'],
      backup: ['expires'],
      recipient: ['outside'],
    })
    // … receipts of before verify, the audit says what it took over, and new epochs settle
    for (const file of [receipt, event])
      expect(await ledger.tally('verify', file)).toMatchObject({ end: 3, stderr: '' })
    expect(documentOf(await ledger.tally('receipt', featuresId('bob', 0), '--with-record'))).toMatchObject({
      record: null,
    })
    const report = await auditBundle(join(ledger.data, 'bundles'))
    expect(report.firstDifference).toBeUndefined()
    expect(report).toMatchObject({ class: 'partial', erased: { records: 6, items: 4, orderedLater: 0 } })
    await ledger.publish(...(await ledger.contributed('host')))
    const after = await auditBundle(join(ledger.data, 'bundles'))
    expect(after.firstDifference).toBeUndefined()
    expect(after.epochs.map(({ how }) => how)).toEqual(['but for erased', 'but for erased', 'recomputed', 'recomputed'])
  }, 180_000)

  test('leaves a log from which no warehouse is made again, and says so', async () => {
    const copy = path('copy')
    expect((await ledger.tally('log', 'copy', '--to', copy)).end).toBe(0)
    cpSync(join(ledger.data, 'genesis.json'), join(copy, 'genesis.json'))
    expect(errorOf(await ledger.at(copy).tally('ingest'))).toMatchObject({
      code: 'RECORD_ERASED',
      facts: { topic: 'tally.contributions' },
    })
  })

  test('refuses what names nothing, and flags that contradict each other', async () => {
    expect(errorOf(await ledger.tally('erase', '--batch', 'urn:portal/nothing'))).toMatchObject({
      code: 'NOTHING_TO_ERASE',
    })
    expect(errorOf(await ledger.tally('erase', '--batch', 'urn:portal/of alice', '--indexes', '4'))).toMatchObject({
      code: 'NOTHING_TO_ERASE',
    })
    // Without a key, too: no key helps a batch that is not there.
    const keyless = await tallyHere(['erase', '--batch', 'urn:portal/nothing', '--json', '--data', ledger.data])
    expect(errorOf(keyless)).toMatchObject({ code: 'NOTHING_TO_ERASE' })
    expect(errorOf(await ledger.tally('erase', '--indexes', '1'))).toMatchObject({ code: 'CONFIG' })
    expect((await ledger.tally('erase', '--batch', 'x/y', '--account', addressOf('bob'))).end).toBe(2)
  })
})
