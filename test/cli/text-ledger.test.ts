import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { contribute } from '../../client/src/contribute.ts'
import { attributeEpoch } from '../../jobs/attribution/attribute-epoch.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { settleEpoch } from '../../jobs/settlement/settle-epoch.ts'
import type { TextEvidence } from '../../jobs/statement/text-evidence.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { GENESIS, keyOf, signerOf } from '../support/ledger/cast.ts'
import { LICENCE, Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const HAMLET = 'To be, or not to be, that is the question'
const SONNET = 'Shall I compare thee to a summer’s day?'
const OUTPUT = 'The answer is to be, or not to be: ask thee to a summer’s day'

const path = temporaryFolder()
let data: string
let payloads: FolderPayloadStore

/** Appends records, closes an epoch and settles it. */
async function settle(...records: OutgoingRecord[]): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    if (records.length > 0) await log.sink.append(records)
    const ledger = await session.ledger()
    await closeEpoch({ ledger, ...log, clock: session.clock, cutNow: true })
    await attributeEpoch({ ledger })
    await settleEpoch({ ledger })
    payloads = new FolderPayloadStore(session.directory.payloads)
  } finally {
    await session.close()
  }
}

const tally = (...args: string[]) => tallyHere([...args, '--json', '--data', data])

beforeAll(async () => {
  data = path('ledger')
  mkdirSync(data)
  writeFileSync(join(data, 'genesis.json'), JSON.stringify(GENESIS))
  writeFileSync(path('owner.key'), `${keyOf('modeller')}\n`, { mode: 0o600 })
  mkdirSync(path('batch'))
  writeFileSync(path('batch/1.txt'), HAMLET)
  writeFileSync(path('batch/2.txt'), SONNET)
  writeFileSync(path('ids.txt'), 'use-1\nuse-2\n')
  writeFileSync(path('answers.txt'), `${OUTPUT}\nnothing\n`)
  const ledgerId = ledgerIdOf(GENESIS)
  const records = new Records(ledgerId)
  const items = [HAMLET, SONNET].map((text) => ({ payload: Buffer.from(text), label: 'en' }))
  const batch = await contribute({
    ...{ ledgerId, signer: signerOf('alice'), source: SOURCES.portal, dataset: 'digits', licence: LICENCE },
    ...{ id: 'plays', items },
  })
  await settle(
    await records.source(SOURCES.operator, ['AssetRegistered', 'TextMapPublished']),
    await records.source(SOURCES.portal, ['ContributionBatch']),
    await records.source(SOURCES.gateway, ['InferenceRecorded']),
    await records.source(SOURCES.extractor, ['ContributionText', 'InferenceText']),
    await records.policy({}),
    await records.asset('digits', 'dataset', { operator: 1_000_000 }),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    batch.record,
    records.inference('use-1', 5n),
    records.inference('use-2', 5n),
  )
  for (const payload of batch.payloads) await payloads.put(payload)
}, 120_000)

test('texts of plain files reach the ledger, and explain shows what stands in them', async () => {
  const map = await tally(
    ...['text', 'map', 'reader', '--source', SOURCES.operator, '--key-file', path('owner.key')],
    ...['--extractor', SOURCES.extractor],
  )
  expect(map).toMatchObject({ end: 0, stderr: '' })
  expect(documentOf(map)).toMatchObject({ textMap: 'texts/reader', model: 'reader', extractor: SOURCES.extractor })
  const items = ['text', 'items', `${SOURCES.portal}/plays`, '--map', 'texts/reader', '--corpus', path('batch')]
  expect(errorOf(await tally(...items))).toMatchObject({ code: 'CONFIG' })
  await settle()
  expect(documentOf(await tally(...items))).toMatchObject({ items: ['1.txt', '2.txt'] })
  const outputs = [
    ...['text', 'outputs', '--map', 'texts/reader', '--gateway', SOURCES.gateway],
    ...['--uses', path('ids.txt'), '--outputs', path('answers.txt')],
  ]
  expect(documentOf(await tally(...outputs))).toMatchObject({ uses: ['use-1', 'use-2'] })
  // Sent twice is a duplicate, and changes nothing.
  await tally(...items)
  await settle()

  const explained = async (id: string) =>
    (documentOf(await tally('explain', id)) as unknown as { text: TextEvidence | null }[])[0]!.text!
  const { spans, output, more } = await explained('use-1')
  expect({ output, more }).toEqual({ output: null, more: 0 })
  expect(spans.map(({ text, count }) => [text, count])).toEqual([
    ['be, or not to be', 1],
    ['thee to a summer’s day', 1],
    ['to be,', 1],
  ])
  const source = { batch: { source: SOURCES.portal, id: 'plays' }, index: 0, positions: [1] }
  expect(spans[0]).toMatchObject({ start: 4, end: 10, sources: [source] })
  expect((await explained('use-2')).spans).toEqual([])
  const { stdout } = await tallyHere(['explain', 'use-1', '--data', data])
  expect(stdout).toContain('verbatim evidence, not proof of cause')
  expect(stdout).toContain('“thee to a summer’s day”')
  expect(stdout).toContain('plays/1')
  rmSync(path('ledger/payloads'), { recursive: true })
  expect((await explained('use-1')).spans.every(({ text }) => text === null)).toBe(true)
})
