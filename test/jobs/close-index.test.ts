import { existsSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { manifestHash } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { InjectedFault } from '../support/ledger/failing-database.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

/** A name that a text in SQL and a text in JavaScript could come to disagree on. */
const AWKWARD_MAP = "it's a\0b/0x70 😀"

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

const indexFolder = () => `${world.ledger.warehouse.path}.ids`

/** An epoch with an accepted event of every type, features under an awkward name among them. */
async function fillEpoch(): Promise<void> {
  const { records } = world
  const random = randomOf(1)
  await world.found()
  const { batch, features } = await contribution(records, random, 'alice', 3)
  const item = featuresOf(random, SHAPE, 0)
  await world.send(
    await records.asset('second', 'model', { modeller: 1_000_000 }),
    await records.featureMap({ featureMap: AWKWARD_MAP, model: 'second', ...SHAPE }),
    batch,
    ...features,
    await records.withdrawal('alice', 'batch-alice', [2]),
    records.commitment('alice', 'batch-later', 3, new Uint8Array(32)),
    records.itemFeatures('batch-alice', 1, item, 'once more', { body: { featureMap: AWKWARD_MAP } }),
    records.deposit('payer', 9_999n),
    ...uses(records, random, ['use-1', 'use-2'], 1_001n),
    records.inference('bare', 7n),
    records.inference('of second', 7n, { body: { model: 'second' } }),
    await records.asset(AWKWARD_MAP, 'agent', { alice: 1_000_000 }),
    records.inference('work', 7n, { body: { agent: AWKWARD_MAP } }),
    await records.rating('payer', 'work', 1_000),
    ...(await Promise.all(records.steps(AWKWARD_MAP, 'alice', 'run', 2))),
  )
  world.endInterval()
}

async function digests(): Promise<string[]> {
  const rows = await world.ledger.warehouse.all<{ digest: string }>(
    'SELECT hex(digest) AS digest FROM id_run ORDER BY run',
  )
  return rows.map(({ digest }) => digest)
}

/** What refers to the epoch of {@link fillEpoch}, or repeats it, in the next one. */
async function sendLater(): Promise<void> {
  const { records } = world
  const features = featuresOf(randomOf(2), SHAPE, 0)
  const deposit = records.deposit('payer', 5n)
  await world.send(
    records.inference('bare', 7n), // a duplicate
    records.inference('bare', 8n), // ID_REUSED
    records.inferenceFeatures('bare', features),
    records.inferenceFeatures('bare', features, { id: 'again' }), // FEATURES_EXIST
    records.inferenceFeatures('use-1', features), // FEATURES_EXIST
    records.inferenceFeatures('of second', features), // INFERENCE_UNKNOWN: not the model of the map
    records.inferenceFeatures('of second', features, { body: { featureMap: AWKWARD_MAP } }),
    records.itemFeatures('batch-alice', 1, features, 'x'), // FEATURES_EXIST
    records.itemFeatures('batch-alice', 1, features, 'x', { body: { featureMap: AWKWARD_MAP } }), // FEATURES_EXIST
    records.itemFeatures('batch-alice', 2, features, 'x', { body: { featureMap: AWKWARD_MAP } }),
    records.itemFeatures('batch-alice', 3, features, 'x'), // CONTRIBUTION_UNKNOWN
    await records.withdrawal('alice', 'batch-alice', []),
    await records.withdrawal('alice', 'batch-alice', [3]), // CONTRIBUTION_UNKNOWN
    await records.withdrawal('bob', 'batch-alice', []), // ACCOUNT_MISMATCH
    await records.rating('payer', 'work', 1), // OUTCOME_EXISTS
    await records.rating('partner', 'work', 1), // NOT_THE_PAYER
    await records.step(AWKWARD_MAP, 'alice', { run: 'run', step: 1 }, { id: 'again' }), // STEP_EXISTS
    await records.step(AWKWARD_MAP, 'alice', { run: 'run', step: 2, previous: records.stepHash('run', 1) }),
    deposit,
    { ...deposit, headers: records.deposit('payer', 5n).headers }, // DEPOSIT_EXISTS
  )
  world.endInterval()
}

const COUNTS = {
  accepted: 6,
  duplicate: 1,
  reasons: {
    ID_REUSED: 1,
    FEATURES_EXIST: 4,
    INFERENCE_UNKNOWN: 1,
    CONTRIBUTION_UNKNOWN: 2,
    ACCOUNT_MISMATCH: 1,
    DEPOSIT_EXISTS: 1,
    OUTCOME_EXISTS: 1,
    NOT_THE_PAYER: 1,
    STEP_EXISTS: 1,
  },
}

describe('the id index of close', () => {
  test('made again out of the tables is the same, entry by entry', async () => {
    await fillEpoch()
    expect(await world.step('close')).toMatchObject({ did: 'done' })
    const { warehouse } = world.ledger
    expect(await warehouse.all('SELECT outcome FROM outcome WHERE outcome <> 0')).toEqual([])
    const before = await digests()
    expect(before).toHaveLength(1)
    rmSync(indexFolder(), { recursive: true })
    await world.send(world.records.inference('later', 1n))
    world.endInterval()
    await world.step('close')
    // The first run was made from the tables when the second epoch began; it cannot be told from the one that was lost.
    expect((await digests()).slice(0, 1)).toEqual(before)
  })

  test.each([false, true])('answers for earlier epochs (lost in between: %s)', async (lost) => {
    await fillEpoch()
    await world.publishNext()
    if (lost) rmSync(indexFolder(), { recursive: true })
    await sendLater()
    const { counts } = await world.publishNext()
    expect(counts).toMatchObject(COUNTS)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('holds the names of disputes, and has them again out of the tables', async () => {
    const { records } = world
    await world.found({ dataParts: 0, modelParts: 800_000, disputeWindowEpochs: 9, disputeWaitEpochs: 9 })
    await world.send(records.deposit('payer', 9_999n), records.inference('use', 1_000n))
    await world.runEpoch()
    const line = { epoch: 1, account: 'partner', kind: 'model', asset: 'reader' } as const
    await world.send(await records.dispute(AWKWARD_MAP, 'partner', line, 0n))
    await world.runEpoch()
    rmSync(indexFolder(), { recursive: true })
    const again = await world.send(await records.dispute(AWKWARD_MAP, 'partner', line, 0n))
    const decision = await world.send(await records.resolution(AWKWARD_MAP, 0))
    await world.runEpoch()
    expect(await world.outcomeOf(again[0]!)).toBe('DISPUTE_EXISTS')
    expect(await world.outcomeOf(decision[0]!)).toBe('accepted')
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a warehouse of before the index is closed on as if it had always been there', async () => {
    await fillEpoch()
    await world.publishNext()
    rmSync(indexFolder(), { recursive: true })
    for (const table of ['id_run', 'id_index', 'uncut']) await world.ledger.warehouse.run(`DELETE FROM ${table}`)
    await sendLater()
    expect((await world.publishNext()).counts).toMatchObject(COUNTS)
    expect(existsSync(indexFolder())).toBe(true)
  })
})

/** The same database, whose next transaction that seals an epoch is committed, and then said to have failed. */
function doubtfulDatabase(database: Database): Database {
  return new Proxy(database, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown
      if (typeof member !== 'function') return member
      if (name !== 'transaction')
        return (...values: unknown[]) => (member as (...v: unknown[]) => unknown).apply(target, values)
      return async (work: () => Promise<unknown>) => {
        const result = await target.transaction(work)
        const sealed = await target.one("SELECT 1 AS one FROM epoch WHERE state = 'closed'")
        if (sealed !== undefined) throw new InjectedFault('COMMIT succeeded, the checkpoint behind it failed.')
        return result
      }
    },
  })
}

describe('a commit that is in doubt', () => {
  test('whoever starts again finds the epoch closed, loses no id, and ends with the same roots', async () => {
    await fillEpoch()
    const twin = await world.twin()
    const ledger = { ...world.ledger, warehouse: doubtfulDatabase(world.ledger.warehouse) }
    await expect(world.step('close', { ledger })).rejects.toThrow(InjectedFault)
    expect(await world.step('close')).toMatchObject({ did: 'nothing' })
    await sendLater()
    twin.nowMs = world.nowMs
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    const hashes = [manifestHash(await world.manifest(1)), manifestHash(await world.publishNext())]
    expect(hashes).toEqual([manifestHash(await twin.publishNext()), manifestHash(await twin.publishNext())])
    expect((await world.manifest(2)).counts).toMatchObject(COUNTS)
    twin.close()
  })
})
