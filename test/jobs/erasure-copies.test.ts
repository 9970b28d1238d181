import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { takeBack } from '../../jobs/anchoring/retry-epoch.ts'
import { type Copy, erasureStatus } from '../../jobs/erasure/copies.ts'
import { erase } from '../../jobs/erasure/erase.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import { contributionOf } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const DAY_MS = 86_400_000n
let world: SmallLedger
let payloads: FolderPayloadStore

/** Two items of bob in epoch 1, the order of one of them in epoch 2. */
beforeEach(async () => {
  world = await SmallLedger.open()
  payloads = new FolderPayloadStore(join(world.folder, 'payloads'))
  await world.found()
  const features = [0, 1].map((kind) => featuresOf(randomOf(kind), SHAPE, kind))
  const { batch, features: sent } = await contributionOf(world.records, 'bob', 'of bob', features)
  await world.send(batch, ...sent)
  await world.runEpoch()
  await world.send(await world.records.erasure('of bob', [1]))
  await world.runEpoch()
})
afterEach(() => world.close())

const carryOut = (isAnchored = false) =>
  erase({ ledger: world.ledger, isAnchored, bundles: world.bundles, payloads, clock: () => world.nowMs })

/** As on a broker that keeps topics for ten days. */
async function status(nowMs: bigint, backupDays: number | null = 30) {
  const found = await erasureStatus({
    ledger: world.ledger,
    bundles: world.bundles,
    payloads,
    retentionMs: (topic) => (topic === 'tally.contributions' ? 10n * DAY_MS : -1n),
    isAnchored: false,
    backupDays: backupDays ?? undefined,
    nowMs,
  })
  const { items, isDone } = found
  expect(items.map(({ batchId, index, orderedIn }) => ({ batchId, index, orderedIn }))).toEqual([
    { batchId: 'of bob', index: 1, orderedIn: 2 },
  ])
  const { copies, isRipe, erasedAt } = items[0]!
  const of = (what: Copy['what']) => copies.find((copy) => copy.what === what)
  return { isDone, isRipe, erasedAt, of }
}

test('what a broker keeps, and what is in backups, has a deadline; nothing is done before the last', async () => {
  const before = await status(world.nowMs)
  expect(before).toMatchObject({ isDone: false, isRipe: true, erasedAt: null })
  expect(before.of('bundle')).toMatchObject({ state: 'there' })
  const erasedMs = world.nowMs
  await carryOut()
  expect((await status(world.nowMs)).of('warehouse')).toMatchObject({ state: 'there' })
  // As `rewriteDatabase` leaves the file, which nobody may have open then.
  await world.ledger.warehouse.run('DELETE FROM rewrite_due')
  const after = await status(world.nowMs)
  expect(after.of('warehouse')).toMatchObject({ state: 'erased' })
  expect(after).toMatchObject({ isDone: false, erasedAt: new Date(Number(erasedMs)).toISOString() })
  expect(after.of('bundle')).toMatchObject({ state: 'erased' })
  const log = after.of('log')!
  expect(log).toMatchObject({ state: 'expires', where: expect.stringMatching(/^tally\.contributions\/\d\/\d+$/) })
  const backup = after.of('backup')!
  expect(Date.parse(backup.deadline!)).toBe(Number(erasedMs + 30n * DAY_MS))
  expect(Date.parse(log.deadline!)).toBeLessThan(Date.parse(backup.deadline!))
  expect((await status(BigInt(Date.parse(backup.deadline!)) - 1n)).isDone).toBe(false)
  expect((await status(BigInt(Date.parse(backup.deadline!)))).isDone).toBe(true)
  // Without a word on backups nobody knows when they are gone.
  expect((await status(erasedMs + 10_000n * DAY_MS, null)).isDone).toBe(false)
})

test('on a chain an order waits until all epochs before it are final', async () => {
  const { warehouse } = world.ledger
  const be = (epoch: number, state: string) =>
    warehouse.run('UPDATE epoch SET state = $state WHERE epoch = $epoch', { epoch, state })
  await be(1, 'proposed')
  expect(await carryOut()).toMatchObject({ items: 0, waiting: 1, records: 0 })
  expect(await status(world.nowMs)).toMatchObject({ isDone: false, isRipe: false })
  await be(1, 'finalized')
  expect(await carryOut()).toMatchObject({ items: 1, waiting: 0, records: 1, bundles: [1] })
})

test('on a chain it waits before anything is proposed, too', async () => {
  expect(await carryOut(true)).toMatchObject({ items: 0, waiting: 1, records: 0 })
  expect(await carryOut(false)).toMatchObject({ items: 1, waiting: 0, records: 1 })
})

/** As `tally anchor retry` does once the chain says that this proposal was vetoed. */
async function veto(epoch: number): Promise<void> {
  await world.ledger.warehouse.run(`UPDATE epoch SET state = 'proposed' WHERE epoch = $epoch`, { epoch })
  await takeBack({ ledger: world.ledger, bundles: world.bundles, reason: 'a test' }, await world.manifest(epoch))
}

async function publishAgain(): Promise<void> {
  for (const step of ['attribute', 'settle', 'publish'] as const) expect((await world.step(step)).did).toBe('done')
}

const makeFinal = () => world.ledger.warehouse.run(`UPDATE epoch SET state = 'finalized' WHERE epoch = 1`)

test('an epoch that is settled again after a veto keeps its features until it is final', async () => {
  for (const _ of [1, 2]) {
    await veto(1)
    expect(await carryOut()).toMatchObject({ items: 0, waiting: 1 })
    for (const _ of [1, 2]) await publishAgain()
    // Nothing is proposed now, and this attempt can be vetoed as well.
    expect(await carryOut()).toMatchObject({ items: 0, waiting: 1, records: 0, vetoed: [] })
  }
  await makeFinal()
  expect(await carryOut()).toMatchObject({
    ...{ items: 1, waiting: 0, records: 1, bundles: [1] },
    vetoed: [1, 2].map((attempt) => `vetoed/epoch-000001-attempt-${attempt}/epoch-000001`),
  })
})

test('a veto of the epoch of the order takes nothing back: in it the item takes no part, whatever the attempt', async () => {
  await makeFinal()
  await carryOut()
  await veto(2)
  expect(await status(world.nowMs)).toMatchObject({ isRipe: true })
  expect(await carryOut()).toMatchObject({ items: 1, waiting: 0, records: 0, bundles: [], vetoed: [] })
  await publishAgain()
  const report = await world.audit()
  expect(report.firstDifference).toBeUndefined()
  expect(report.epochs.at(-1)).toMatchObject({ how: 'recomputed' })
})

test('killed after any file of a vetoed bundle, the next erasure finishes it', async () => {
  await veto(1)
  for (const _ of [1, 2]) await publishAgain()
  await makeFinal()
  const [bundles, before, finished] = ['bundles/vetoed/epoch-000001-attempt-1', 'before', 'finished'].map((name) =>
    join(world.folder, name),
  ) as [string, string, string]
  cpSync(bundles, before, { recursive: true })
  const { vetoed } = await carryOut()
  cpSync(bundles, finished, { recursive: true })
  const written = ['restricted/records.parquet', 'files.json', 'restricted/erasures.json']
  for (const count of [0, 1, 2]) {
    rmSync(bundles, { recursive: true })
    cpSync(before, bundles, { recursive: true })
    for (const file of written.slice(0, count))
      cpSync(join(finished, 'epoch-000001', file), join(bundles, 'epoch-000001', file))
    expect(await carryOut()).toMatchObject({ records: 0, bundles: [], vetoed })
    const report = await auditBundle(bundles)
    expect(report.firstDifference).toBeUndefined()
    expect(report.erased).toMatchObject({ records: 1, items: 1 })
  }
  writeFileSync(join(bundles, 'epoch-000001/files.json'), '{')
  rmSync(join(bundles, 'epoch-000001/restricted/erasures.json'))
  await expect(carryOut()).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED' })
})

test('an epoch in which erased features took part is not computed again by mistake', async () => {
  await carryOut()
  await world.ledger.warehouse.run(`UPDATE epoch SET state = 'closed' WHERE epoch = 1`)
  await expect(world.step('attribute')).rejects.toMatchObject({ code: 'FEATURES_ERASED', facts: { epoch: 1, from: 2 } })
})

test('a payload that was stored twice, or half, is gone as a whole', async () => {
  const [salt, payload] = [new Uint8Array(16).fill(7), Buffer.from('a face')]
  const hash = await payloads.put({ salt, payload })
  await payloads.put({ salt, payload })
  expect(await payloads.has(hash)).toBe(true)
  expect(await payloads.erase(hash)).toBe(true)
  expect(await payloads.has(hash)).toBe(false)
  expect(await payloads.get(hash)).toBeUndefined()
  expect(await payloads.erase(hash)).toBe(false)
})
