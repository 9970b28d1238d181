import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { epochStatus } from '../../jobs/epoch-status.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import { accountOf, addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

const MODEL = 'poems'
const ALL_TO_THE_MODEL = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 }
const DEPOSITED = 10_000n

/** A licensed model of two owners, a payer who can pay, and a policy that holds fees outside licences for two epochs. */
async function found(policy: Parameters<SmallLedger['found']>[0] = ALL_TO_THE_MODEL): Promise<void> {
  await world.found({ outsideWaitEpochs: 2, ...policy })
  const licensed = { access: 'licensed' } as const
  await world.send(
    await world.records.asset(MODEL, 'model', { modeller: 500_000, partner: 500_000 }, { body: licensed }),
    ...(await world.records.vouchers(MODEL)),
    world.records.deposit('payer', DEPOSITED),
  )
}

const use = (id: string, fee: bigint, body = {}, payer: Name = 'payer') =>
  world.send(world.records.inference(id, fee, { payer, body: { model: MODEL, ...body } }))
const grant = async (id: string, terms = {}, asset = MODEL) => world.send(await world.records.licence(id, asset, terms))
const revoke = async (id: string, asset = MODEL) => world.send(await world.records.revocation(id, asset))

/** Ends an epoch that has at least a record. */
async function epoch(): Promise<Manifest> {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}

const statusOf = async (id: string) => {
  const [found] = await explain(world.ledger.warehouse, [id], 1)
  return `${found!.status} ${found!.statusEpoch}`
}
const balanceAfter = async (after: number) =>
  BigInt((await world.state(after)).balances.find(({ payer }) => payer === addressOf('payer'))?.amount ?? 0)
const outsideAfter = async (after: number) =>
  (await world.state(after)).outside.map(({ epoch: since, fees, until }) => ({ epoch: since, fees, until }))
const flow = ({ conservation }: Manifest) => {
  const { token, unfunded, reported, ...amounts } = conservation.find((each) => each.token === TOKEN)!
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== '0'))
}

async function expectAudited(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('promise 4: the fee of a use outside its licences', () => {
  test('is taken and held, in nobody’s lines, reserved on chain; then its payer has it back, and may spend it again', async () => {
    await found()
    await use('outside', 700n)
    const first = await epoch()
    expect(flow(first)).toEqual({ outside: '700', heldOut: '700' })
    expect(first.payout.totals).toMatchObject([{ cumulative: '0', reserved: '700' }])
    expect(await outsideAfter(1)).toEqual([{ epoch: 1, fees: '700', until: 3 }])
    expect(await balanceAfter(1)).toBe(DEPOSITED - 700n)
    expect(await statusOf('outside')).toBe('outside 1')
    expect(flow(await epoch())).toEqual({ heldIn: '700', heldOut: '700' })
    await use('all of it', DEPOSITED)
    const third = await epoch()
    // It is given back at the end of the epoch: not in time for a use in it.
    expect(third.conservation).toMatchObject([{ heldIn: '700', refunded: '700', unfunded: '10000', heldOut: '0' }])
    expect(await balanceAfter(3)).toBe(DEPOSITED)
    expect((await world.state(3)).channels.find(({ model }) => model === MODEL)).toMatchObject({ spent: '0' })
    expect(await statusOf('outside')).toBe('refunded 3')
    await grant('too late', { coversFromEpoch: 1 })
    await use('all of it, once more', DEPOSITED)
    expect(flow(await epoch())).toEqual({ funded: '10000', out: '10000' })
    await expectAudited()
  })

  test('without a wait it is the payer’s again at the end of its own epoch', async () => {
    await found({ ...ALL_TO_THE_MODEL, outsideWaitEpochs: 0 })
    await use('outside', 700n)
    expect(flow(await epoch())).toEqual({ outside: '700', refunded: '700' })
    expect(await outsideAfter(1)).toEqual([])
    expect(await balanceAfter(1)).toBe(DEPOSITED)
    await expectAudited()
  })

  test('is released by a licence that reaches back, to those who own the model where it was granted', async () => {
    await found()
    await use('before', 100n)
    await epoch()
    await use('in this epoch', 30n)
    await world.send(await world.records.transfer(MODEL, 'partner', 'alice', 500_000))
    await grant('for all', { coversFromEpoch: 1 })
    await world.send(await world.records.transfer(MODEL, 'alice', 'bob', 500_000))
    await use('inside', 7n)
    const second = await epoch()
    expect(flow(second)).toEqual({
      ...{ funded: '7', outside: '30', released: '130', heldIn: '100', out: '137' },
    })
    // 130 before alice gave her half away, 7 behind it: 3.5 each, and bytes decide about the unit that is left.
    expect([await world.earned(2, addressOf('partner')), await world.earned(2, addressOf('alice'))]).toEqual([0n, 65n])
    expect([await statusOf('before'), await statusOf('in this epoch')]).toEqual(['funded 2', 'funded 2'])
    await expectAudited()
  })

  test('stays held when the licence reaches back less far, is for others, or not for such a use', async () => {
    await found()
    await use('first', 1n)
    await epoch()
    await use('second', 10n)
    await use('commercial', 100n, { commercial: true })
    await grant('too late', { coversFromEpoch: 2, licensee: accountOf('stranger') })
    await grant('to train', { coversFromEpoch: 1, uses: ['train'] })
    expect(flow(await epoch())).toEqual({ heldIn: '1', outside: '110', heldOut: '111' })
    await grant('since the second', { coversFromEpoch: 2 })
    expect(flow(await epoch())).toEqual({ heldIn: '111', released: '10', refunded: '1', out: '10', heldOut: '100' })
    await grant('commercial, too', { coversFromEpoch: 1, uses: ['commercial', 'infer'] })
    expect(flow(await epoch())).toEqual({ heldIn: '100', released: '100', out: '100' })
    await expectAudited()
  })

  test('of a model and an agent waits for licences of both, in whatever epochs they come', async () => {
    await found()
    const licensed = { access: 'licensed' } as const
    await world.send(await world.records.asset('bot', 'agent', { alice: 1_000_000 }, { body: licensed }))
    await use('by the bot', 40n, { agent: 'bot' })
    await grant('the model', { coversFromEpoch: 1 })
    await revoke('the model')
    expect(flow(await epoch())).toEqual({ outside: '40', heldOut: '40' })
    await world.send(await world.records.licence('the bot', 'bot', { coversFromEpoch: 1 }, { by: 'alice' }))
    expect(flow(await epoch())).toEqual({ heldIn: '40', released: '40', out: '40' })
    await expectAudited()
  })
})

describe('a licence covers', () => {
  const fates = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await statusOf(id)).split(' ')[0]))

  test('uses behind its place, until it is revoked', async () => {
    await found()
    await use('before', 1n)
    await grant('for all')
    await use('under it', 1n)
    await revoke('for all')
    await use('behind it', 1n)
    await epoch()
    expect(await fates('before', 'under it', 'behind it')).toEqual(['outside', 'funded', 'outside'])
    await expectAudited()
  })

  test('its licensee, commercial uses if it says so, and uses at its price list', async () => {
    await found()
    const prices = [{ unit: 'calls', pricePerMillion: 1_000_000n }]
    await world.send(await world.records.priceList('list', prices, { body: { model: MODEL } }))
    await grant('for the payer', { licensee: accountOf('payer') })
    await grant('at a price', { licensee: accountOf('stranger'), uses: ['commercial', 'infer'], priceList: 'list' })
    await world.send(world.records.deposit('stranger', 100n))
    const priced = { priceList: 'list', units: [{ unit: 'calls', quantity: 2n }] }
    await use('licensed', 2n)
    await use('commercial', 2n, { commercial: true })
    await use('of another', 2n, {}, 'stranger')
    await use('of another at the price', 2n, priced, 'stranger')
    await world.send(
      await world.records.quoted(
        'of another at a quote',
        1n,
        {},
        { payer: 'stranger', body: { model: MODEL, ...priced } },
      ),
    )
    await epoch()
    const ids = ['licensed', 'commercial', 'of another', 'of another at the price', 'of another at a quote']
    expect(await fates(...ids)).toEqual(['funded', 'outside', 'outside', 'funded', 'funded'])
    await expectAudited()
  })

  test('its window, by the effective times of uses', async () => {
    await found()
    const now = world.nowMs
    await grant('a window', { fromMs: now + 10_000n, untilMs: now + 12_000n })
    for (let second = 2n; second <= 13n; second++) await use(`use ${second}`, 1n)
    await epoch()
    const ids = Array.from({ length: 12 }, (_, index) => `use ${index + 2}`)
    const funded = (await fates(...ids))
      .map((fate, index) => (fate === 'funded' ? index + 2 : 0))
      .filter((at) => at > 0)
    expect(funded).toEqual([10, 11])
    await expectAudited()
  })

  test('what is derived under it, for its royalty, until it is revoked; what was derived stays so', async () => {
    await found({ dataParts: 0, modelParts: 0, upstreamParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 })
    const train = { uses: ['train'], royaltyParts: 100_000, licensee: accountOf('alice') }
    await grant('to train', train)
    const derived = (child: string, owner: Name, parts = 100_000) =>
      world.records.derived(child, 'model', owner, { [MODEL]: { by: 'stranger', parts } })
    const sent = [
      ...(await world.send(await derived('tuned', 'alice'))),
      ...(await world.send(await derived('cheaper', 'alice', 99_999))),
      ...(await world.send(await derived('of another', 'bob'))),
    ]
    await revoke('to train')
    sent.push(...(await world.send(await derived('too late', 'alice'))))
    await world.send(
      ...(await world.records.vouchers('tuned')),
      world.records.inference('use', 1_000n, { body: { model: 'tuned' } }),
    )
    await epoch()
    expect(await Promise.all(sent.map((position) => world.outcomeOf(position)))).toEqual([
      ...['accepted', 'SIGNATURE_INVALID', 'SIGNATURE_INVALID', 'SIGNATURE_INVALID'],
    ])
    expect(await world.earned(1, addressOf('modeller'), 'royalty')).toBe(50n)
    expect(await world.earned(1, addressOf('alice'), 'model')).toBe(900n)
    await expectAudited()
  })
})

describe('features of a use that is held', () => {
  /** Half of each fee is for data; two contributors. */
  async function foundWithData(): Promise<void> {
    const parts = { dataParts: 500_000, modelParts: 500_000, infrastructureParts: 0, treasuryParts: 0 }
    await found({ ...parts, minEvents: 1, featureWaitEpochs: 1 })
    await world.send(await world.records.featureMap({ featureMap: 'map-2', model: MODEL }))
    for (const [index, name] of (['alice', 'bob'] as const).entries()) {
      const { batch, features } = await contribution(world.records, randomOf(index), name, 4)
      await world.send(batch)
      for (const item of features.keys()) {
        const vector = featuresOf(randomOf(10 * index + item), SHAPE, item % SHAPE.classes)
        const body = { featureMap: 'map-2' }
        await world.send(world.records.itemFeatures(`batch-${name}`, item, vector, `${name}/${item}`, { body }))
      }
    }
  }
  const features = (id: string) =>
    world.send(
      world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0), { body: { featureMap: 'map-2' } }),
    )
  const shownOf = ({ periods }: Manifest) =>
    periods.map(({ model, firstEpoch, events, fees, pool, state }) => ({
      model,
      firstEpoch,
      events,
      fees,
      pool,
      state,
    }))

  test('count from its release on, when they came before it', async () => {
    await foundWithData()
    await use('held', 1_000n)
    await features('held')
    expect(shownOf(await epoch())).toEqual([])
    await use('with later features', 10n)
    expect(shownOf(await epoch())).toEqual([])
    await features('with later features')
    await grant('for all', { coversFromEpoch: 1 })
    const third = await epoch()
    const pool = { pool: '505', fees: '1010', state: 'paid' }
    expect(shownOf(third)).toEqual([{ model: MODEL, firstEpoch: 3, events: 2, ...pool }])
    expect(flow(third)).toMatchObject({ heldIn: '1010', released: '1010' })
    await expectAudited()
    const [explained] = await explain(world.ledger.warehouse, ['held'], 3)
    expect(explained).toMatchObject({ epoch: 1, status: 'funded', statusEpoch: 3 })
    expect(explained!.paid).toBeGreaterThan(0n)
  })

  test('are waited for from its release on, as those of any use', async () => {
    await foundWithData()
    await use('held', 1_000n)
    await epoch()
    await grant('for all', { coversFromEpoch: 1 })
    expect(flow(await epoch())).toMatchObject({ released: '1000', out: '500', heldOut: '500' })
    expect((await world.state(2)).waiting).toMatchObject([{ epoch: 2, until: 3, part: '500' }])
    await features('held')
    expect(shownOf(await epoch())).toMatchObject([{ firstEpoch: 3, events: 1, pool: '500' }])
    await expectAudited()
  })

  test('move nothing when it is given back', async () => {
    await foundWithData()
    await use('held', 1_000n)
    await features('held')
    for (let index = 0; index < 3; index++) expect(shownOf(await epoch())).toEqual([])
    expect(await balanceAfter(3)).toBe(DEPOSITED)
    await expectAudited()
  })
})

describe('a person sees', () => {
  test('what is held, released and given back: the payer, the owners, and everybody by epoch', async () => {
    await found()
    await use('given back', 1n)
    await epoch()
    await use('released', 20n)
    await grant('since the second', { coversFromEpoch: 2, untilMs: world.nowMs + 5_000n })
    await epoch()
    await use('held', 300n)
    await epoch()
    const payer = await statementOf(world.ledger.warehouse, addressOf('payer'))
    expect(payer.paying).toMatchObject({
      held: [{ epoch: 3, model: MODEL, token: TOKEN, fees: 300n, until: 5 }],
      uses: [{ model: MODEL, uses: 3, funded: 20n, outside: 300n, refunded: 1n, unfunded: 0n, reported: 0n }],
    })
    const owner = await statementOf(world.ledger.warehouse, addressOf('modeller'))
    expect(owner.owns.find(({ asset }) => asset === MODEL)).toMatchObject({
      access: 'licensed',
      outside: [{ token: TOKEN, held: 300n, released: 20n, refunded: 1n }],
    })
    const { epochs } = await epochStatus(world.ledger.warehouse)
    const shown = epochs.map(({ fees }) =>
      fees!.map(({ outside, released, refunded }) => [outside, released, refunded]),
    )
    expect(shown).toEqual([[['1', '0', '0']], [['20', '20', '0']], [['300', '0', '1']]])
  })
})
