import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { takeBack } from '../../jobs/anchoring/retry-epoch.ts'
import type { ErasureStatus } from '../../jobs/erasure/copies.ts'
import type { Ledger } from '../../jobs/ledger.ts'
import { loadManifest } from '../../jobs/publish/build-manifest.ts'
import { runRerun } from '../../jobs/rerun/run-rerun.ts'
import { makeScratch, scratchFolder } from '../../jobs/rerun/scratch.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { ErasableLedger, featuresOfItem, ITEMS, payloadOf, records, vectorOf } from './support/erasable-ledger.ts'
import { filesHolding } from './support/held-bytes.ts'
import { documentOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
const BYTES = ITEMS.flatMap((index) => [vectorOf('bob', index), payloadOf('bob', index)])
/** As `erasure status` tells where a file's bytes are, by the beginning of its path. */
const TOLD_AS: readonly (readonly [path: string, told: string])[] = [
  ['payloads/', 'payload payloads'],
  ['log.duckdb', 'log tally.contributions/'],
  ['warehouse.duckdb', 'warehouse warehouse.duckdb'],
  ['cache/', 'cache cache/'],
  ['reruns/', 'rerun reruns'],
  ['simulations/', 'simulation simulations'],
]
let ledger: ErasableLedger

async function withLedger(work: (ledger: Ledger, bundles: string) => Promise<void>): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data: ledger.data } }), verb: 'test' })
  try {
    await work(await session.ledger(), session.directory.bundles)
  } finally {
    await session.close()
  }
}

/** As one that is stopped, or killed, leaves its copy. */
async function stoppedRerun(ledger: Ledger): Promise<void> {
  const stop = new AbortController()
  const rerun = { rerun: 'look', adjustment: null, from: 1, to: 1, method: '', correctionsTo: 1 }
  const onProgress = (text: string) => text.endsWith('epoch 1') && stop.abort(new Error('stopped'))
  await expect(runRerun({ ledger, rerun, signal: stop.signal, onProgress })).rejects.toThrow()
}

async function killedSimulation(ledger: Ledger): Promise<void> {
  const folder = scratchFolder(ledger.warehouse, 'simulations')
  const scratch = await makeScratch(ledger, folder, { decided: 'funding', from: 1, to: 1, verb: 'test' })
  scratch.close()
}

/** A proposal of epoch 1 is vetoed, and made again. */
async function vetoed(ledger: Ledger, bundles: string): Promise<void> {
  await ledger.warehouse.run(`UPDATE epoch SET state = 'proposed' WHERE epoch = 1`)
  await takeBack({ ledger, bundles, reason: 'a test' }, await loadManifest(ledger.warehouse, 1))
}

/** What `erasure status` says is there: kind and place, below the folder. */
async function toldOpen(): Promise<string[]> {
  const { items, derived } = documentOf<ErasureStatus>(await ledger.tally('erasure', 'status'))
  const open = [...items.flatMap(({ copies }) => copies.filter(({ state }) => state === 'there')), ...derived]
  return [...new Set(open.map(({ what, where }) => `${what} ${where.replace(`${ledger.data}/`, '')}`))]
}

function toldAs(file: string): string {
  return TOLD_AS.find(([start]) => file.startsWith(start))?.[1] ?? `bundle ${file}`
}

beforeAll(async () => {
  ledger = await ErasableLedger.found(path('ledger'))
  await ledger.publish(...(await ledger.contributed('alice')), ...(await ledger.contributed('bob')))
  await withLedger(vetoed)
  for (const step of [['attribute'], ['settle'], ['publish']])
    expect(await ledger.tally(...step)).toMatchObject({ end: 0 })
  await ledger.tally('explain', 'use 0 0')
  await withLedger(stoppedRerun)
  await withLedger(killedSimulation)
  const folder = join(ledger.data, 'payloads')
  for (const below of readdirSync(folder))
    for (const name of readdirSync(join(folder, below)))
      copyFileSync(join(folder, below, name), join(folder, below, `${name}.999999`))
  await ledger.tally('erase', '--account', addressOf('bob'))
  await ledger.publish()
}, 60_000)

test('every file that holds what is to be erased is told; afterwards none does, in the whole data folder', async () => {
  // given: a veto, a rerun that was stopped, a simulation and a writer that were killed, and an explanation
  const held = await filesHolding(ledger.data, BYTES)
  for (const [start] of TOLD_AS) expect(held).toContainEqual(expect.stringContaining(start))
  const vetoedRecords = 'bundles/vetoed/epoch-000001-attempt-1/epoch-000001/restricted/records.parquet'
  expect(held).toContain(vetoedRecords)
  const told = await toldOpen()
  for (const file of held) expect(told).toContainEqual(expect.stringContaining(toldAs(file)))

  // when: all before the order is final, it is carried out
  expect(documentOf(await ledger.tally('erase'))).toMatchObject({ items: 0, waiting: 4, records: 0 })
  await withLedger(async ({ warehouse }) => {
    await warehouse.run(`UPDATE epoch SET state = 'finalized' WHERE epoch = 1`)
  })
  expect(documentOf(await ledger.tally('erase'))).toMatchObject({
    ...{ items: 4, payloads: 4, records: 4, bundles: [1] },
    vetoed: ['vetoed/epoch-000001-attempt-1/epoch-000001'],
  })

  // then
  expect(await filesHolding(ledger.data, BYTES)).toEqual([])
  expect(await toldOpen()).toEqual([])
  for (const gone of ['reruns', 'simulations']) expect(existsSync(join(ledger.data, gone))).toBe(false)
  expect(readdirSync(join(ledger.data, 'cache')).filter((name) => /^(items|factor)-/.test(name))).toEqual([])
  expect((await filesHolding(ledger.data, [vectorOf('alice', 0)])).length).toBeGreaterThan(2)
  for (const bundles of ['bundles', 'bundles/vetoed/epoch-000001-attempt-1']) {
    const report = await auditBundle(join(ledger.data, bundles))
    expect(report.firstDifference).toBeUndefined()
    expect(report.erased).toMatchObject({ records: 4, items: 4 })
  }
  expect(documentOf(await ledger.tally('erase'))).toMatchObject({
    ...{ payloads: 0, records: 0 },
    bundles: [],
    vetoed: [],
  })
}, 60_000)

test('what an extractor sends again is told at once, and goes when its epoch is closed', async () => {
  const again = records.itemFeatures('of bob', 0, featuresOfItem('bob', 0), 'bob/0', { id: 'sent again' })
  await ledger.append(again)
  await ledger.tally('ingest')
  expect(await filesHolding(ledger.data, BYTES)).toEqual(['log.duckdb', 'warehouse.duckdb'])
  expect(await toldOpen()).toEqual(
    expect.arrayContaining(['warehouse warehouse.duckdb', expect.stringContaining('log tally.contributions/')]),
  )
  expect(documentOf(await ledger.tally('erase'))).toMatchObject({ records: 0 })
  await ledger.publish()
  expect(documentOf(await ledger.tally('erase'))).toMatchObject({ records: 1, bundles: [3] })
  expect(await filesHolding(ledger.data, BYTES)).toEqual([])
}, 60_000)

test('a person is told each batch once, with the places that are open', async () => {
  const { stdout } = await tallyHere(['erasure', 'status', '--data', ledger.data])
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(/^items 0-3 of urn:portal\/of bob \(0x\w+\), ordered in epoch 2: erased \d{4}-/)
})
