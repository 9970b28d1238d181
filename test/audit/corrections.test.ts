import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { type AuditReport, auditBundle } from '../../audit/index.ts'
import type { State } from '../../audit/state.ts'
import { toHex } from '../../schemas/ids.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'
import { writeFilesJson } from './support/bundle-writer.ts'

const MODEL = 'poems'
const EPOCHS = 4
const POLICY = { minEvents: 3, maxPeriodEpochs: 9, outsideWaitEpochs: 3 }

/** Corrected before it is funded, while it is held and after it was settled; a period that is open, and its model retired. */
const SENT: ((world: SmallLedger) => Promise<unknown>)[] = [
  async (world) => {
    const { records } = world
    await world.found(POLICY)
    const { batch, features } = await contribution(records, randomOf(3), 'alice', 3)
    await world.send(batch, ...features)
    await world.send(
      await records.asset(MODEL, 'model', { modeller: 1_000_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers(MODEL)),
      records.deposit('payer', 10_000n),
      records.inference('settled', 1_000n),
      records.inferenceFeatures('settled', featuresOf(randomOf(4), SHAPE, 0)),
      ...[records.inference('dear', 500n), records.correction('dear', 300n)],
      ...[records.inference('never', 70n), records.correction('never', 'void')],
      records.inference('held', 200n, { body: { model: MODEL } }),
    )
  },
  (world) =>
    world.send(
      ...[world.records.correction('held', 150n), world.records.correction('settled', 'void')],
      // Its producer's clock stands where the ledger begins.
      world.records.inference('late', 1n),
    ),
  async (world) => world.send(await world.records.retirement('reader', { by: 'partner' })),
  (world) => world.send(world.records.deposit('payer', 1n)),
]

/** @param alter runs in the warehouse behind the close of an epoch */
async function publish(world: SmallLedger, alter?: { readonly sql: string; readonly epoch: number }): Promise<void> {
  for (const [index, send] of SENT.entries()) {
    await send(world)
    world.endInterval()
    for (const step of OFFLINE_STEPS) {
      await world.step(step)
      if (step === 'close' && index + 1 === alter?.epoch) await world.ledger.warehouse.run(alter.sql)
    }
  }
}

async function auditAltered(alter?: { readonly sql: string; readonly epoch: number }): Promise<AuditReport> {
  const world = await SmallLedger.open()
  try {
    await publish(world, alter)
    return await world.audit()
  } finally {
    world.close()
  }
}

describe('promise 6: an altered ledger of corrections and retirements is found', () => {
  test('unaltered, it is not', async () => {
    expect((await auditAltered()).firstDifference).toBeUndefined()
  })

  test.each([
    ['forgets a correction before the fee is taken', `DELETE FROM correction WHERE fee = 300`, 1],
    ['takes a fee of what is void', `DELETE FROM correction WHERE kind = 'void'`, 1],
    ['takes less than was corrected to', `UPDATE correction SET fee = 299 WHERE fee = 300`, 1],
    ['keeps what a correction takes back of a held fee', `DELETE FROM correction WHERE fee = 150`, 2],
    ['voids a held fee that was lowered', `UPDATE correction SET fee = 0 WHERE fee = 150`, 2],
    ['takes back a fee that was settled', `UPDATE funded SET fee = 900 WHERE fee = 1000`, 2],
    ['does not count what came late', `DELETE FROM late_use`, 2],
    ['calls a use late', `INSERT INTO late_use SELECT inference, 0, epoch FROM inference WHERE event_id = 'dear'`, 1],
    ['forgets a retirement', `DELETE FROM model_retired`, 3],
    ['retires a model that nobody retired', `INSERT INTO model_retired VALUES ('${MODEL}', 2, 0)`, 2],
  ])('a close that %s', async (_, sql, epoch) => {
    const { firstDifference } = await auditAltered({ sql, epoch }).catch((error: Error) => ({
      firstDifference: error.name,
    }))
    if (typeof firstDifference === 'string') expect(firstDifference).toBe('ConservationError')
    else expect(firstDifference).toMatchObject({ epoch })
  })
})

describe('promise 6: the public part alone says so of', () => {
  let world: SmallLedger
  beforeAll(async () => {
    world = await SmallLedger.open()
    await publish(world)
  })
  afterAll(() => world.close())

  /** Alters an epoch and carries the hashes on; what it says to be restored afterwards. */
  async function withAltered(epoch: number, alter: (state: Draft<State>, manifest: Draft<Manifest>) => void) {
    const paths = ['state.json', 'manifest.json'].map((name) => join(world.bundle(epoch), name))
    const before = paths.map((path) => readFileSync(path))
    try {
      const [state, manifest] = before.map((bytes) => JSON.parse(bytes.toString())) as [Draft<State>, Draft<Manifest>]
      alter(state, manifest)
      const encoded = canonicalJson(state as unknown as CanonicalJson)
      manifest.carryOut = toHex(sha256(encoded)) as Manifest['carryOut']
      writeFileSync(paths[0]!, encoded)
      writeFileSync(paths[1]!, canonicalJson(manifest as unknown as CanonicalJson))
      await writeFilesJson(world.bundle(epoch))
      return (await auditBundle(world.bundles, { payoutOnly: true })).firstDifference
    } finally {
      for (const [index, path] of paths.entries()) writeFileSync(path, before[index]!)
      await writeFilesJson(world.bundle(epoch))
    }
  }

  test('unaltered, nothing', async () => {
    expect(await withAltered(EPOCHS, () => {})).toBeUndefined()
  })

  type Alter = (state: Draft<State>, manifest: Draft<Manifest>) => void
  test.each<[string, number, string, Alter]>([
    ['lets a retired model come back', 4, 'retired', (state) => (state.retired = [])],
    ['names a retired model twice', 4, 'retired', (state) => state.retired.push('reader')],
    [
      'holds a period of a retired model',
      3,
      'periods',
      ({ periods }, manifest) => {
        const period = manifest.periods[0]!
        Object.assign(period, { state: 'held', unattributed: '0' })
        Object.assign(periods[0]!, { pool: period.pool, carriedIn: period.carriedIn, epochs: [1, 2, 3] })
      },
    ],
    [
      'gives back more of a held fee than it held',
      2,
      'conservation',
      (_, manifest) => (manifest.conservation[0]!.refunded = '51'),
    ],
    [
      'takes back from a channel what was spent',
      2,
      'channels',
      ({ channels }) => (channels.find(({ model }) => model === 'reader')!.spent = '1'),
    ],
  ])('a state or a manifest that %s', async (_, epoch, check, alter) => {
    expect(await withAltered(epoch, alter)).toMatchObject({ epoch, check })
  })
})

type Draft<Value> = Value extends string | number | boolean | null
  ? Value
  : { -readonly [Key in keyof Value]: Draft<Value[Key]> }
