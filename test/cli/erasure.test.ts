import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { auditBundle } from '../../audit/index.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { contribute } from '../../client/src/contribute.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { addressOf, GENESIS, keyOf, type Name, signerOf } from '../support/ledger/cast.ts'
import { uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf } from '../support/ledger/random-features.ts'
import { LICENCE, Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** Vectors so long that their bytes are found in a file by chance never. */
const SHAPE = { rank: 48, classes: 2, checkpoints: 0 }
const ITEMS = [0, 1, 2, 3]
const path = temporaryFolder()
const records = new Records(ledgerIdOf(GENESIS))
const featuresOfItem = (name: Name, index: number): Features =>
  featuresOf(randomOf(1_000 * name.charCodeAt(0) + index), SHAPE, index % 2)
let data: string

async function append(...sent: OutgoingRecord[]): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    await (await session.log()).sink.append(sent)
  } finally {
    await session.close()
  }
}

/** A batch whose payloads lie in the payload store, and its features. */
async function contributed(name: Name): Promise<OutgoingRecord[]> {
  const items = ITEMS.map((index) => ({ payload: Buffer.from(payloadOf(name, index)), label: String(index % 2) }))
  const { id, record, payloads } = await contribute({
    ledgerId: ledgerIdOf(GENESIS),
    signer: signerOf(name),
    source: SOURCES.portal,
    dataset: 'digits',
    licence: LICENCE,
    items,
    id: `of ${name}`,
  })
  const store = new FolderPayloadStore(join(data, 'payloads'))
  for (const payload of payloads) await store.put(payload)
  const features = ITEMS.map((index) =>
    records.itemFeatures(id, index, featuresOfItem(name, index), `${name}/${index}`, { id: featuresId(name, index) }),
  )
  return [record, ...features]
}

const payloadOf = (name: Name, index: number) => `the diary of ${name}, page ${index}, which is nobody's business`
const featuresId = (name: Name, index: number) => `features of ${name} ${index}`
const tally = (...args: string[]) =>
  tallyHere([...args, '--json', '--data', data], { env: { OPERATOR_KEY: keyOf('operator') } })

let used = 0
async function epoch(...sent: OutgoingRecord[]): Promise<void> {
  const ids = ITEMS.map((index) => `use ${used++} ${index}`)
  await append(...sent, ...(uses(records, randomOf(5), ids, 1_000n, { shape: SHAPE }) as OutgoingRecord[]))
  for (const step of [['epoch', 'close', '--now'], ['attribute'], ['settle'], ['publish']])
    expect(await tally(...step)).toMatchObject({ end: 0, stderr: '' })
}

beforeAll(async () => {
  data = path('ledger')
  mkdirSync(data)
  writeFileSync(join(data, 'genesis.json'), JSON.stringify(GENESIS))
  await append(
    await records.source(SOURCES.operator, ['AssetRegistered', 'FeatureMapPublished', 'VoucherPresented']),
    await records.source(SOURCES.portal, ['ContributionBatch']),
    await records.source(SOURCES.gateway, ['InferenceRecorded', 'VoucherPresented']),
    await records.source(SOURCES.extractor, ['ContributionFeatures', 'InferenceFeatures']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.asset('digits', 'dataset', { operator: 1_000_000 }),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    await records.policy({ minEvents: 1 }),
    await records.featureMap(SHAPE),
    ...(await records.vouchers()),
    records.deposit('payer', 1_000_000n),
  )
})

/** Files below the ledger's folder that hold the bytes. */
function filesWith(bytes: Buffer): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(bytes))
    .map((file) => relative(data, file))
    .sort()
}

const vectorOf = (name: Name, index: number) => Buffer.from(featuresOfItem(name, index).vector)

describe('tally erase', () => {
  test('erases and verifies everything', async () => {
    // given: three who earn; a refused and a repeated record of the same features, with dead letters
    const bob = await contributed('bob')
    await epoch(...(await contributed('alice')), ...bob, ...(await contributed('carol')))
    const again = records.itemFeatures('of bob', 0, featuresOfItem('bob', 0), 'bob/0', { id: 'under another id' })
    await epoch(bob[1]!, again)
    await tally('explain', 'use 0 0')
    const receipt = path('receipt.json')
    const event = path('event.json')
    for (const wanted of [
      [addressOf('bob'), '--out', receipt],
      [featuresId('bob', 0), '--out', event],
    ])
      expect(await tally('receipt', ...wanted)).toMatchObject({ end: 0, stderr: '' })
    for (const bytes of [Buffer.from(payloadOf('bob', 0)), vectorOf('bob', 0)])
      expect(filesWith(bytes).length).toBeGreaterThan(0)
    expect(filesWith(vectorOf('bob', 0))).toEqual(
      expect.arrayContaining(['log.duckdb', 'warehouse.duckdb', 'bundles/epoch-000001/restricted/records.parquet']),
    )

    // when: it is ordered, the epoch of the order is published, and it is carried out
    const ordered = await tally('erase', '--account', addressOf('bob'))
    expect(ordered).toMatchObject({ end: 4, stderr: '' })
    expect(documentOf(ordered)).toMatchObject({ ordered: [{ batchId: 'of bob', indexes: [] }], items: 0, records: 0 })
    await epoch()
    expect((await tally('erasure', 'status')).end).toBe(4)
    const erased = await tally('erase')
    expect(erased).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(erased)).toMatchObject({ items: 4, payloads: 4, records: 6, bundles: [1, 2] })
    expect(documentOf(await tally('erase'))).toMatchObject({
      payloads: 0,
      records: 0,
      messages: 0,
      bundles: [],
      rewritten: [],
    })

    // then: no file has a byte of it, and of the others everything
    for (const index of ITEMS) {
      expect(filesWith(vectorOf('bob', index))).toEqual([])
      expect(filesWith(Buffer.from(payloadOf('bob', index)))).toEqual([])
      expect(filesWith(vectorOf('alice', index)).length).toBeGreaterThan(1)
    }
    // … every copy is listed
    const status = documentOf(await tally('erasure', 'status')) as never as {
      items: { index: number; copies: { what: string; state: string }[] }[]
    }
    expect(status.items.map(({ index }) => index)).toEqual(ITEMS)
    const copies = status.items.flatMap((item) => item.copies)
    expect(copies.filter(({ state }) => state === 'there')).toEqual([])
    expect(new Set(copies.map(({ what }) => what))).toEqual(
      new Set(['payload', 'warehouse', 'bundle', 'log', 'dead letter', 'backup', 'recipient']),
    )
    // … receipts of before verify, the audit says what it took over, and new epochs settle
    for (const file of [receipt, event]) expect(await tally('verify', file)).toMatchObject({ end: 3, stderr: '' })
    expect(documentOf(await tally('receipt', featuresId('bob', 0), '--with-record'))).toMatchObject({ record: null })
    const report = await auditBundle(join(data, 'bundles'))
    expect(report.firstDifference).toBeUndefined()
    expect(report).toMatchObject({ class: 'partial', erased: { records: 6, items: 4, orderedLater: 0 } })
    await epoch(...(await contributed('host')))
    const after = await auditBundle(join(data, 'bundles'))
    expect(after.firstDifference).toBeUndefined()
    expect(after.epochs.map(({ how }) => how)).toEqual(['but for erased', 'but for erased', 'recomputed', 'recomputed'])
  }, 60_000)

  test('refuses what names nothing, and flags that contradict each other', async () => {
    expect(errorOf(await tally('erase', '--batch', 'urn:portal/nothing'))).toMatchObject({ code: 'NOTHING_TO_ERASE' })
    expect(errorOf(await tally('erase', '--batch', 'urn:portal/of alice', '--indexes', '4'))).toMatchObject({
      code: 'NOTHING_TO_ERASE',
    })
    expect(errorOf(await tally('erase', '--indexes', '1'))).toMatchObject({ code: 'CONFIG' })
    expect((await tally('erase', '--batch', 'x/y', '--account', addressOf('bob'))).end).toBe(2)
  })
})
