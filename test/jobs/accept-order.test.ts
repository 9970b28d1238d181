import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { NewRecord, PartitionOffset } from '../../pipelines/record-source.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { type Contributed, contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { FOUNDING_RECORDS, SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

/** Sends records one after another, each with a name. @returns name → outcome, once the epoch is closed */
async function decide(records: Readonly<Record<string, NewRecord | Promise<NewRecord>>>) {
  const positions = new Map<string, PartitionOffset>()
  for (const [name, record] of Object.entries(records)) positions.set(name, (await world.send(await record))[0]!)
  world.endInterval()
  const result = await world.step('close')
  expect(result.did).toBe('done')
  const outcomes: Record<string, unknown> = {}
  for (const [name, position] of positions) outcomes[name] = await world.outcomeOf(position)
  return outcomes
}

describe('promise 1: exactly once', () => {
  test('the same record again is a duplicate, whatever its headers and partition; another content is ID_REUSED', async () => {
    await world.found()
    const { records } = world
    const use = records.inference('use', 5n)
    const again = { ...use, headers: [...use.headers, ['trace', Buffer.from('2nd try')] as const] }
    const outcomes = await decide({
      first: { ...use, partition: 2 },
      again: { ...again, partition: 0 },
      'once more': { ...use, partition: 1 },
      other: records.inference('use', 6n),
    })
    expect(outcomes).toEqual({ first: 'accepted', again: 'duplicate', 'once more': 'duplicate', other: 'ID_REUSED' })
  })

  test('a duplicate of an id of an earlier epoch is one too, and takes no second fee', async () => {
    await world.found()
    const { records } = world
    const use = records.inference('use', 5n)
    await world.send(records.deposit('payer', 100n), use)
    await world.runEpoch()
    const outcomes = await decide({
      again: use,
      other: records.inference('use', 6n),
      'a later one': records.inference('use-2', 7n),
    })
    expect(outcomes).toEqual({ again: 'duplicate', other: 'ID_REUSED', 'a later one': 'accepted' })
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect((await world.manifest(2)).conservation[0]).toMatchObject({ funded: '7', unfunded: '0' })
    expect((await world.state(2)).balances[0]?.amount).toBe('88')
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a stranger with an asset of its own uses up nobody else’s id', async () => {
    await world.found()
    const { records } = world
    const squat = (source: string, id: string) =>
      records.asset(`junk ${id}`, 'dataset', { stranger: 1_000_000 }, { source, id })
    const outcomes = await decide({
      use: records.inference('use', 5n),
      'under the gateway': squat(SOURCES.gateway, 'use'),
      'under a name of its own': squat('urn:stranger', 'use'),
    })
    expect(outcomes).toEqual({
      use: 'accepted',
      'under the gateway': 'TYPE_NOT_PERMITTED',
      'under a name of its own': 'SOURCE_UNKNOWN',
    })
  })

  test('the same id from two sources are two events', async () => {
    await world.found()
    const { records } = world
    const outcomes = await decide({
      registered: records.source('urn:second-gateway', ['InferenceRecorded']),
      here: records.inference('use', 5n),
      there: records.inference('use', 6n, { source: 'urn:second-gateway' }),
    })
    expect(outcomes).toEqual({ registered: 'accepted', here: 'accepted', there: 'accepted' })
  })

  test('a rejected record uses up no id, no deposit and no feature slot', async () => {
    await world.found()
    const { records } = world
    const features = featuresOf(randomOf(1), SHAPE, 0)
    const hash = { transactionHash: new Uint8Array(32), logIndex: 3 }
    const outcomes = await decide({
      'a use of no model': records.inference('use', 5n, { body: { model: 'nothing' } }),
      'the use mended': records.inference('use', 5n),
      'a forged batch': records.batch('alice', 'batch', 1, { by: 'stranger' }),
      'the batch mended': records.batch('alice', 'batch', 1),
      'features of a wrong shape': records.itemFeatures('batch', 0, { ...features, vector: new Int8Array(2) }, 'x', {
        id: 'features',
      }),
      'the features mended': records.itemFeatures('batch', 0, features, 'x', { id: 'features' }),
      'a deposit elsewhere': records.deposit('payer', 1n, { id: 'deposit', body: { ...hash, chainId: 5n } }),
      'the deposit mended': records.deposit('payer', 1n, { id: 'deposit', body: hash }),
    })
    expect(outcomes).toEqual({
      'a use of no model': 'ASSET_UNKNOWN',
      'the use mended': 'accepted',
      'a forged batch': 'SIGNATURE_INVALID',
      'the batch mended': 'accepted',
      'features of a wrong shape': 'FEATURE_SHAPE_MISMATCH',
      'the features mended': 'accepted',
      'a deposit elsewhere': 'DEPOSIT_FOREIGN',
      'the deposit mended': 'accepted',
    })
  })
})

describe('accept order', () => {
  test('what a record refers to may be accepted later in the same epoch, but not in a later epoch', async () => {
    const { records } = world
    const random = randomOf(3)
    const { batch, features } = await contribution(records, random, 'alice', 1)
    const [use, useFeatures] = uses(records, random, ['use'], 5n)
    const late = records.inferenceFeatures('tomorrow', featuresOf(random, SHAPE, 0))
    await world.send(features[0]!, useFeatures!, batch, use!, late)
    await world.found()
    const outcomes = await decide({ policy: records.policy({ policy: 'another' }) })
    expect(outcomes).toEqual({ policy: 'accepted' })
    const { warehouse } = world.ledger
    const counts = await warehouse.all(
      'SELECT outcome, reason, count(*)::INTEGER AS n FROM outcome GROUP BY ALL ORDER BY ALL',
    )
    // Everything but the features of a use that comes tomorrow: INFERENCE_UNKNOWN.
    expect(counts).toEqual([
      { outcome: 0, reason: 0, n: FOUNDING_RECORDS + 5 },
      { outcome: 2, reason: 117, n: 1 },
    ])
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect(await decide({ tomorrow: records.inference('tomorrow', 5n) })).toEqual({ tomorrow: 'accepted' })
  })

  test('a copier that is earlier by partition and offset but later by time gets nothing', async () => {
    await world.found({ minEvents: 1 })
    const { records } = world
    const random = randomOf(4)
    const contents = [0, 1, 0, 1].map((kind) => featuresOf(random, SHAPE, kind))
    const byContent = (index: number) => `content ${index}`
    const original = await contributionOf(records, 'alice', 'batch-alice', contents, { fingerprints: byContent })
    const copy = await contributionOf(records, 'copier', 'batch-copier', contents, { fingerprints: byContent })
    const send = async ({ batch, features }: Contributed, partition: number) =>
      world.send({ ...batch, partition }, ...features.map((record) => ({ ...record, partition })))
    await send(original, 2)
    await send(copy, 0)
    await world.send(records.deposit('payer', 10_000n), ...uses(records, random, ['a', 'b', 'c', 'd'], 1_000n))
    const manifest = await world.runEpoch()
    expect(manifest.periods[0]).toMatchObject({ state: 'paid', items: 4, duplicates: 4 })
    expect(await world.earned(1, addressOf('copier'))).toBe(0n)
    expect(await world.earned(1, addressOf('alice'), 'data')).toBe(2_000n)
  })

  test('at the same instant the lower partition, then the lower offset comes first', async () => {
    await world.found()
    world.tickMs = 0n
    const { records } = world
    const use = (fee: bigint, partition: number) => ({ ...records.inference('use', fee), partition })
    const outcomes = await decide({ last: use(1n, 2), middle: use(2n, 1), later: use(4n, 0), latest: use(5n, 0) })
    expect(outcomes).toEqual({ last: 'ID_REUSED', middle: 'ID_REUSED', later: 'accepted', latest: 'ID_REUSED' })
  })

  test('time never runs backwards within a partition: a record behind a late one is late itself', async () => {
    await world.found()
    const { records } = world
    const at = async (offsetMs: bigint, record: NewRecord) => {
      const now = world.nowMs
      world.nowMs += offsetMs
      const [position] = await world.send(record)
      world.nowMs = now
      return position!
    }
    // The broker's clock jumps: in partition 0 the second record carries an earlier time than the first.
    const ahead = await at(50_000n, { ...records.inference('ahead', 1n), partition: 0 })
    const behind = await at(1_000n, { ...records.inference('use', 2n), partition: 0 })
    const between = await at(20_000n, { ...records.inference('use', 3n), partition: 1 })
    world.endInterval()
    await world.step('close')
    expect(await world.outcomeOf(ahead)).toBe('accepted')
    expect(await world.outcomeOf(between)).toBe('accepted')
    expect(await world.outcomeOf(behind)).toBe('ID_REUSED')
  })

  test('a source that is registered again may send what its latest registration says, from that epoch on', async () => {
    await world.found()
    const { records } = world
    await world.send(records.inference('use-1', 1n))
    await world.runEpoch()
    const outcomes = await decide({
      'before it in the same epoch': records.inference('use-2', 1n),
      again: records.source(SOURCES.gateway, ['InferenceFeatures']),
      'behind it': records.inference('use-3', 1n),
    })
    expect(outcomes).toEqual({
      'before it in the same epoch': 'TYPE_NOT_PERMITTED',
      again: 'accepted',
      'behind it': 'TYPE_NOT_PERMITTED',
    })
  })
})
