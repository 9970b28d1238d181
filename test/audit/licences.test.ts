import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import type { State } from '../../audit/state.ts'
import { addressOf, OTHER_TOKEN } from '../support/ledger/cast.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { AlterableLedger, type Draft, type Sent } from './support/altered-ledger.ts'

const MODEL = 'poems'
const EPOCHS = 3
const POLICY = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0, outsideWaitEpochs: 1 }

type Names = 'outside' | 'inside' | 'late' | 'later'
const use = (world: SmallLedger, id: Names, fee: bigint) => world.records.inference(id, fee, { body: { model: MODEL } })

/** What is sent in each epoch: held, under a licence and behind its revocation; released; given back. */
const SENT: Sent[] = [
  async (world) => {
    const { records } = world
    await world.found(POLICY)
    await world.send(
      await records.asset(MODEL, 'model', { modeller: 1_000_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers(MODEL)),
      records.deposit('payer', 10_000n),
      use(world, 'outside', 1_000n),
      await records.licence('for all', MODEL),
      use(world, 'inside', 200n),
      await records.revocation('for all', MODEL),
    )
  },
  async (world) => {
    await world.send(use(world, 'late', 30n))
    await world.send(await world.records.licence('back', MODEL, { coversFromEpoch: 1, untilMs: world.nowMs + 2_000n }))
    await world.send(use(world, 'later', 4n))
  },
  (world) => world.send(world.records.deposit('payer', 1n)),
]

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play(SENT)
})
afterAll(() => ledger.close())

describe('promise 6: an altered ledger of licences is found', () => {
  test('unaltered, it is not', async () => {
    expect((await ledger.world.audit()).firstDifference).toBeUndefined()
  })

  const payer = addressOf('payer')
  test.each([
    ['forgets a licence', 'DELETE FROM licence', 2],
    ['lets a licence reach back less far', `UPDATE licence SET covers_from_epoch = 2 WHERE grant_id = 'back'`, 2],
    ['moves a licence before a use', `UPDATE licence SET ordinal = 0 WHERE grant_id = 'back'`, 2],
    ['gives a licence to somebody else', `UPDATE licence SET licensee = '${addressOf('host')}'`, 2],
    ['calls a use licensed', `DELETE FROM use_outside WHERE epoch = 2`, 2],
    [
      'holds a licensed use',
      `INSERT INTO held_fee SELECT inference, 1, 9, fee FROM inference WHERE event_id = 'inside'`,
      2,
    ],
    ['gives back too early', `UPDATE policy SET outside_wait_epochs = 0`, 2],
    ['keeps a fee too long', `UPDATE policy SET outside_wait_epochs = 2`, 2],
    ['forgets that it held a fee', 'DELETE FROM held_fee', 2],
    ['pays another payer back', `UPDATE inference SET payer = '${addressOf('partner')}' WHERE payer = '${payer}'`, 2],
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
  const flowOf = (manifest: Draft<Manifest>) => manifest.conservation[0]!
  test.each<[string, number, string, Alter]>([
    ['counts a held fee twice', 2, 'totals', ({ outside }) => (outside[0]!.fees = '8')],
    ['drops a held fee', 2, 'totals', ({ outside }) => outside.pop()],
    ['holds a fee for ever', 2, 'outside', ({ outside }) => (outside[0]!.until = 2)],
    [
      'calls what it gave back released',
      3,
      'conservation',
      (_, manifest) => Object.assign(flowOf(manifest), { released: '4', refunded: '0', outside: '0' }),
    ],
    ['released more than it held', 2, 'outside', (_, manifest) => (flowOf(manifest).released = '1031')],
    [
      'gives back to the payer what was spent on something else',
      3,
      'channels',
      ({ channels }) => (channels.find(({ model }) => model === MODEL)!.spent = '1'),
    ],
    [
      'holds what nobody paid',
      3,
      'totals',
      ({ outside, balances }) =>
        outside.push({ epoch: 2, model: MODEL, payer: balances[0]!.payer, token: OTHER_TOKEN, until: 9, fees: '1' }),
    ],
  ])('a state or a manifest that %s', async (_, epoch, check, alter) => {
    expect(await ledger.alteredPublic(epoch, alter)).toMatchObject({ epoch, check })
  })
})
