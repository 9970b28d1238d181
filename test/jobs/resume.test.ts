import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { manifestHash } from '../../anchor/manifest.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import { parseHeaders } from '../../schemas/cloud-events.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { failingDatabase, fingerprint, InjectedFault } from '../support/ledger/failing-database.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { OFFLINE_STEPS, type OfflineStep, SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await fill()
})
afterEach(() => world.close())

async function fill(): Promise<void> {
  const random = randomOf(1)
  await world.found()
  for (const name of ['alice', 'bob'] as const) {
    const { batch, features } = await contribution(world.records, random, name, 3)
    await world.send(batch, ...features)
  }
  const ids = ['use-1', 'use-2', 'use-3', 'use-4']
  await world.send(world.records.deposit('payer', 9_999n), ...uses(world.records, random, ids, 1_001n))
  world.endInterval()
}

/** What an undisturbed ledger makes of the same log. */
async function undisturbedHash(): Promise<string> {
  const twin = await world.twin()
  try {
    return manifestHash(await twin.publishNext())
  } finally {
    twin.close()
  }
}

async function stateOfEpoch(): Promise<unknown> {
  const row = await world.ledger.warehouse.one('SELECT state FROM epoch WHERE epoch = 1')
  return row?.state
}

/** Every file of the bundle with its bytes. */
function bundleBytes(): Record<string, string> {
  const files = readdirSync(world.bundle(1), { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [`${parentPath}/${name}`, readFileSync(join(parentPath, name), 'base64')]),
  )
}

describe('a step taken twice', () => {
  test.each([
    ['close', 'closed'],
    ['attribute', 'attributed'],
    ['settle', 'settled'],
    ['publish', 'published'],
  ] as const)('%s: the second time there is nothing to do, and no byte changes', async (name, state) => {
    for (const step of OFFLINE_STEPS.slice(0, OFFLINE_STEPS.indexOf(name) + 1)) await world.step(step)
    expect(await stateOfEpoch()).toBe(state)
    const before = await fingerprint(world.ledger.warehouse, POSITIONS)
    const files = name === 'publish' ? bundleBytes() : {}
    expect(await world.step(name)).toMatchObject({ did: 'nothing', epoch: null })
    expect(await fingerprint(world.ledger.warehouse, POSITIONS)).toEqual(before)
    if (name === 'publish') expect(bundleBytes()).toEqual(files)
  })

  test('a later step before an earlier one has nothing to do either', async () => {
    for (const step of ['publish', 'settle', 'attribute'] as const)
      expect(await world.step(step)).toMatchObject({ did: 'nothing' })
  })

  test('epochs may be closed ahead, but one is attributed only when the one before is settled: the same roots', async () => {
    await world.send(world.records.inference('late', 77n))
    world.endInterval()
    // Accepted an epoch later: it must not reach back into an epoch that is closed but not settled yet.
    const features = featuresOf(randomOf(5), SHAPE, 0)
    await world.send(world.records.inferenceFeatures('late', features), world.records.deposit('payer', 5n))
    world.endInterval()
    const twin = await world.twin()
    const inOrder = [await twin.publishNext(), await twin.publishNext(), await twin.publishNext()].map(manifestHash)
    twin.close()
    const epochs = [1, 2, 3]
    for (const epoch of epochs) expect(await world.step('close')).toMatchObject({ did: 'done', epoch })
    for (const epoch of epochs) {
      expect(await world.step('attribute')).toMatchObject({ did: 'done', epoch })
      if (epoch < 3) {
        const detail = `Epoch ${epoch} has to be settled first.`
        expect(await world.step('attribute')).toEqual({ did: 'nothing', epoch: epoch + 1, detail })
      }
      expect(await world.step('settle')).toMatchObject({ did: 'done', epoch })
    }
    for (const epoch of epochs) expect(await world.step('publish')).toMatchObject({ did: 'done', epoch })
    expect((await Promise.all(epochs.map((epoch) => world.manifest(epoch)))).map(manifestHash)).toEqual(inOrder)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

/** So many runs of this test break a step at each of its statements once. */
const STRIDE = 4
const { seed } = runs(1)

/** Lets the n-th statement of a step fail for every {@link STRIDE}-th n until the step goes through. @returns the last n */
async function breakEverywhere(name: OfflineStep, check: () => Promise<void>): Promise<number> {
  for (let nth = 1 + (seed % STRIDE); ; nth += STRIDE) {
    const ledger = { ...world.ledger, warehouse: failingDatabase(world.ledger.warehouse, nth) }
    const result = await world.step(name, { ledger }).catch((error: unknown) => error)
    if (!(result instanceof InjectedFault)) {
      expect(result).toMatchObject({ did: 'done', epoch: 1 })
      return nth - STRIDE
    }
    await check()
  }
}

/** How far tally.epochs was looked through is no decision. */
const POSITIONS = ['epochs_position']
/** What close may have written down before its decisions: records, positions and the cut, each for good. */
const BEFORE_DECISIONS = ['record', 'record_id', 'read_position', 'epoch', 'epoch_cut', ...POSITIONS]

describe('a step that breaks off', () => {
  test('anywhere in close: no decision, no fact and no leaf is left; the next run ends with the same root', async () => {
    const hash = await undisturbedHash()
    const before = await fingerprint(world.ledger.warehouse, BEFORE_DECISIONS)
    const last = await breakEverywhere('close', async () => {
      expect(await fingerprint(world.ledger.warehouse, BEFORE_DECISIONS)).toEqual(before)
      expect([undefined, 'open']).toContain(await stateOfEpoch())
    })
    expect(last).toBeGreaterThan(20)
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect(manifestHash(await world.manifest(1))).toBe(hash)
  })

  test.each(['attribute', 'settle', 'publish'] as const)(
    'anywhere in %s: the state before is left, to the last bit',
    async (name) => {
      const hash = await undisturbedHash()
      for (const step of OFFLINE_STEPS.slice(0, OFFLINE_STEPS.indexOf(name))) await world.step(step)
      const before = await fingerprint(world.ledger.warehouse)
      const last = await breakEverywhere(name, async () => {
        expect(await fingerprint(world.ledger.warehouse)).toEqual(before)
      })
      expect(last).toBeGreaterThan(5)
      for (const step of OFFLINE_STEPS.slice(OFFLINE_STEPS.indexOf(name) + 1)) await world.step(step)
      expect(manifestHash(await world.manifest(1))).toBe(hash)
      expect(readdirSync(world.bundles)).toEqual(['epoch-000001'])
      expect((await world.audit()).firstDifference).toBeUndefined()
    },
  )

  test('the cut stands once it was chosen: what arrives before it is used belongs to the next epoch', async () => {
    const sink: RecordSink = { append: () => Promise.reject(new InjectedFault()), close: async () => undefined }
    await expect(world.step('close', { sink })).rejects.toThrow(InjectedFault)
    expect(await stateOfEpoch()).toBe('open')
    world.nowMs -= 120_000n
    const [late] = await world.send(world.records.deposit('payer', 1n))
    world.endInterval()
    await world.step('close')
    expect(await world.outcomeOf(late!)).toBeUndefined()
  })

  test('a cut that was published but not noted is found there, and not published twice', async () => {
    const sink: RecordSink = {
      append: async (records) => {
        await world.log.append(records)
        throw new InjectedFault()
      },
      close: async () => undefined,
    }
    await expect(world.step('close', { sink })).rejects.toThrow(InjectedFault)
    await world.step('close')
    const cuts: { id: unknown; value: string }[] = []
    await world.log.read({
      topics: [TOPICS.epochs],
      until: 'end',
      positionOf: () => 0n,
      onBatch: async ({ records }) => {
        for (const { headers, value } of records) {
          const parsed = parseHeaders(headers)
          const id = parsed.outcome === 'parsed' ? parsed.attributes.id : undefined
          cuts.push({ id, value: Buffer.from(value!).toString('hex') })
        }
      },
    })
    expect(cuts).toEqual([{ id: 'cut-1', value: expect.any(String) }])
  })

  test('publish without a place for the bundle changes nothing; with one it writes the same manifest', async () => {
    const hash = await undisturbedHash()
    for (const step of ['close', 'attribute', 'settle'] as const) await world.step(step)
    const before = await fingerprint(world.ledger.warehouse)
    const folder = mkdtempSync(join(world.folder, 'occupied-'))
    const occupied = join(folder, 'a file')
    writeFileSync(occupied, '')
    await expect(world.step('publish', { bundles: occupied })).rejects.toThrow()
    expect(await fingerprint(world.ledger.warehouse)).toEqual(before)
    rmSync(occupied)
    expect(await world.step('publish', { bundles: occupied })).toMatchObject({ did: 'done' })
    expect(manifestHash(await world.manifest(1))).toBe(hash)
    expect(readdirSync(occupied)).toEqual(['epoch-000001'])
  })
})
