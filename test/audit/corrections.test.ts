import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import type { State } from '../../audit/state.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { AlterableLedger, type Draft, type Sent } from './support/altered-ledger.ts'

const MODEL = 'poems'
const EPOCHS = 4
const POLICY = { minEvents: 3, maxPeriodEpochs: 9, outsideWaitEpochs: 3 }

/** Corrected before it is funded, while it is held and after it was settled; a period that is open, and its model retired. */
const SENT: Sent[] = [
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

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play(SENT)
})
afterAll(() => ledger.close())

describe('promise 6: an altered ledger of corrections and retirements is found', () => {
  test('unaltered, it is not', async () => {
    expect((await ledger.world.audit()).firstDifference).toBeUndefined()
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
    const found = await ledger.altered({ epoch, behind: 'close', sql })
    if (typeof found === 'string') expect(found).toBe('ConservationError')
    else expect(found).toMatchObject({ epoch })
  })
})

describe('promise 6: the public part alone says so of', () => {
  test('unaltered, nothing', async () => {
    expect(await ledger.alteredPublic(EPOCHS, () => {})).toBeUndefined()
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
    expect(await ledger.alteredPublic(epoch, alter)).toMatchObject({ epoch, check })
  })
})
