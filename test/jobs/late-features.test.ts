import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { attributeFiles } from '../../jobs/attribution/files/attribute-files.ts'
import { exportPeriod } from '../../jobs/attribution/files/export-ledger.ts'
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { methodFor } from '../../jobs/attribution/methods.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

const DATA = ['alice', 'bob'] as const
const ENOUGH = 1_000_000n

/** A policy with a wait, two contributors, and a payer who can pay. Half of each fee is for data. */
async function found(policy: Parameters<SmallLedger['found']>[0]): Promise<void> {
  await world.found({ minEvents: 1, ...policy })
  for (const [index, name] of DATA.entries()) {
    const { batch, features } = await contribution(world.records, randomOf(index), name, 4)
    await world.send(batch, ...features)
  }
  await world.send(world.records.deposit('payer', ENOUGH))
}

const use = (id: string, fee: bigint, body = {}) => world.send(world.records.inference(id, fee, { body }))
const features = (id: string, body = {}) =>
  world.send(world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0), { body }))

/** Ends an epoch that has at least a record. */
async function epoch(): Promise<Manifest> {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}

const waitingIn = async (after: number) => (await world.state(after)).waiting
const unattributedIn = async (after: number) => (await world.state(after)).unattributed
const entry = { model: 'reader', token: TOKEN }
const shownOf = ({ periods }: Manifest) =>
  periods.map(({ model, token, firstEpoch, events, fees, pool, state }) => ({
    model,
    token,
    firstEpoch,
    events,
    fees,
    pool,
    state,
  }))

async function expectAudited(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('promise 4: a data part whose features have not come', () => {
  test('is held, is reserved on chain, and moves into the period of the epoch in which they come', async () => {
    await found({ featureWaitEpochs: 2 })
    await use('late', 1_001n)
    const first = await epoch()
    expect(first.periods).toEqual([])
    // 1,001 · 50 % = 500.5; the unit left goes to the data part.
    expect(first.conservation).toMatchObject([{ funded: '1001', heldOut: '501', unattributed: '0', out: '500' }])
    expect(first.payout.totals).toMatchObject([{ cumulative: '500', reserved: '501' }])
    expect(await waitingIn(1)).toEqual([
      { ...entry, epoch: 1, until: 3, part: '501', fees: '1001', retrieved: false, taken: '0' },
    ])
    const second = await epoch()
    expect(second.conservation).toMatchObject([{ funded: '0', heldIn: '501', heldOut: '501', unattributed: '0' }])
    await features('late')
    const third = await epoch()
    expect(shownOf(third)).toEqual([{ ...entry, firstEpoch: 3, events: 1, fees: '1001', pool: '501', state: 'paid' }])
    expect(third.conservation).toMatchObject([{ funded: '0', heldIn: '501', out: third.periods[0]!.paid }])
    const earned = await Promise.all(DATA.map((name) => world.earned(3, addressOf(name), 'data')))
    expect(earned.reduce((sum, amount) => sum + amount, 0n)).toBe(BigInt(third.periods[0]!.paid))
    expect(BigInt(third.periods[0]!.paid)).toBeGreaterThan(0n)
    expect(await waitingIn(3)).toEqual([])
    // An explanation knows the period that paid for it.
    const [explained] = await explain(world.ledger.warehouse, ['late'], 3)
    expect(explained).toMatchObject({ epoch: 1, status: 'funded', paid: BigInt(third.periods[0]!.paid) })
    await expectAudited()
  })

  test('goes to nobody at the end of the wait; later features are accepted and move nothing', async () => {
    await found({ featureWaitEpochs: 1 })
    await use('never', 1_001n)
    await epoch()
    const second = await epoch()
    expect(second.conservation).toMatchObject([{ heldIn: '501', heldOut: '0', unattributed: '501' }])
    expect(await waitingIn(2)).toEqual([])
    const [offset] = await features('never')
    const third = await epoch()
    expect(await world.outcomeOf(offset!)).toBe('accepted')
    expect(third.periods).toEqual([])
    expect(await unattributedIn(3)).toEqual([{ amount: '501', token: TOKEN }])
    expect(await explain(world.ledger.warehouse, ['never'], 3)).toMatchObject([{ status: 'funded', paid: null }])
    await expectAudited()
  })

  test('does not wait where the policy says so', async () => {
    await found({ featureWaitEpochs: 0 })
    await use('late', 1_001n)
    const first = await epoch()
    expect(first.conservation).toMatchObject([{ heldOut: '0', unattributed: '501' }])
    expect(await waitingIn(1)).toEqual([])
    await features('late')
    expect((await epoch()).periods).toEqual([])
    await expectAudited()
  })

  test('moves by the fees whose features came, and what moved is never an atom off', async () => {
    await found({ featureWaitEpochs: 3, minEvents: 100, maxPeriodEpochs: 100 })
    for (const [index, fee] of [101n, 103n, 107n, 109n].entries()) await use(`use-${index}`, fee)
    await epoch()
    // 420 · 50 % = 210: each epoch ⌊210 · taken / 420⌋ in all.
    const pools: (string | undefined)[] = []
    const held: (string | undefined)[] = []
    for (const index of [2, 0]) {
      await features(`use-${index}`)
      const { periods, conservation } = await epoch()
      pools.push(periods[0]?.pool)
      held.push(conservation[0]?.heldOut)
    }
    expect(pools).toEqual(['53', '104']) // ⌊53.5⌋, and 104 of 208
    expect(held).toEqual(['210', '210'])
    expect(await waitingIn(3)).toEqual([
      { ...entry, epoch: 1, until: 4, part: '210', fees: '420', retrieved: false, taken: '208' },
    ])
    await features('use-1')
    const fourth = await epoch()
    // ⌊155.5⌋ have moved; the wait is over.
    expect(fourth.periods[0]!.pool).toBe('155')
    expect(await unattributedIn(4)).toEqual([{ amount: '55', token: TOKEN }])
    await expectAudited()
  })

  test('joins the period that is open by then', async () => {
    await found({ featureWaitEpochs: 2, minEvents: 3, maxPeriodEpochs: 9 })
    await use('early', 500n)
    await features('early')
    await use('late', 700n)
    const first = await epoch()
    expect(shownOf(first)).toEqual([{ ...entry, firstEpoch: 1, events: 1, fees: '500', pool: '250', state: 'held' }])
    await features('late')
    await use('next', 500n)
    await features('next')
    const second = await epoch()
    expect(shownOf(second)).toMatchObject([{ firstEpoch: 1, events: 3, fees: '1700', pool: '850' }])
    await expectAudited()
  })

  test('features that come twice count once, and those of an unfunded use do not count', async () => {
    await found({ featureWaitEpochs: 2, minEvents: 100, maxPeriodEpochs: 9 })
    await use('late', 1_000n)
    await use('unfunded', ENOUGH * 2n)
    await epoch()
    const [once] = await features('late')
    const [twice] = await features('late')
    const [unpaid] = await features('unfunded')
    const second = await epoch()
    const outcomes = [await world.outcomeOf(once!), await world.outcomeOf(twice!), await world.outcomeOf(unpaid!)]
    expect(outcomes).toEqual(['accepted', 'FEATURES_EXIST', 'accepted'])
    expect(shownOf(second)).toMatchObject([{ events: 1, fees: '1000', pool: '500' }])
    const [again] = await features('late')
    const third = await epoch()
    expect(await world.outcomeOf(again!)).toBe('FEATURES_EXIST')
    expect(shownOf(third)).toMatchObject([{ events: 1, fees: '1000', pool: '500' }])
    await expectAudited()
  })

  test('counts in the same epoch when epochs are closed ahead of their settlement', async () => {
    await found({ featureWaitEpochs: 1 })
    await use('late', 1_000n)
    world.endInterval()
    await world.step('close')
    await features('late')
    world.endInterval()
    await world.step('close')
    const manifests: Manifest[] = []
    for (const epochOf of [1, 2]) {
      for (const step of ['attribute', 'settle', 'publish'] as const)
        expect(await world.step(step)).toMatchObject({ did: 'done', epoch: epochOf })
      manifests.push(await world.manifest(epochOf))
    }
    expect(manifests.map(shownOf)).toMatchObject([[], [{ firstEpoch: 2, events: 1, pool: '500' }]])
    await expectAudited()
  })

  test('a model without a feature map waits too, since the map may still come; each token by itself', async () => {
    await found({ featureWaitEpochs: 2 })
    const { records } = world
    const other = { token: fromHex(OTHER_TOKEN) }
    await world.send(
      await records.asset('mapless', 'model', { modeller: 1_000_000 }),
      ...(await records.vouchers('mapless')),
      records.deposit('payer', ENOUGH, { body: other }),
    )
    await use('first', 100n, { model: 'mapless' })
    await use('second', 300n, { model: 'mapless', ...other })
    await epoch()
    const mapless = { model: 'mapless', epoch: 1, until: 3, retrieved: false, taken: '0' }
    expect(await waitingIn(1)).toEqual([
      { ...mapless, token: TOKEN, part: '50', fees: '100' },
      { ...mapless, token: OTHER_TOKEN, part: '150', fees: '300' },
    ])
    await world.send(await records.featureMap({ featureMap: 'map-2', model: 'mapless' }))
    await features('second', { featureMap: 'map-2' })
    const second = await epoch()
    expect(shownOf(second)).toMatchObject([{ model: 'mapless', token: OTHER_TOKEN, events: 1, pool: '150' }])
    await epoch()
    // Nobody contributed under that map: the other 150 are held until the longest period is over.
    expect(await unattributedIn(3)).toEqual([{ amount: '50', token: TOKEN }])
    await expectAudited()
  })
})

describe('a policy that changes while something waits', () => {
  const later = {
    policy: 'policy-2',
    dataParts: 1,
    modelParts: 299_999,
    infrastructureParts: 600_000,
    treasuryParts: 100_000,
  }

  test('changes neither the wait nor the data part of uses before it', async () => {
    await found({ featureWaitEpochs: 3, minEvents: 100, maxPeriodEpochs: 9 })
    await world.send(await world.records.policy({ ...later, featureWaitEpochs: 0 }))
    await epoch()
    await use('before', 1_000n)
    expect((await epoch()).policy).toBe('policy-1')
    await use('after', 1_000n)
    const third = await epoch()
    expect(third.policy).toBe('policy-2')
    // A millionth of 1,000 is nothing, and it does not wait.
    expect(await waitingIn(3)).toEqual([
      { ...entry, epoch: 2, until: 5, part: '500', fees: '1000', retrieved: false, taken: '0' },
    ])
    await features('before')
    const fourth = await epoch()
    expect(shownOf(fourth)).toMatchObject([{ firstEpoch: 4, events: 1, fees: '1000', pool: '500' }])
    await expectAudited()
  })

  test('leaves the cap on what a use may move at the greatest data part of the period’s fees', async () => {
    await found({ featureWaitEpochs: 0, minEvents: 4, maxPeriodEpochs: 9 })
    await world.send(await world.records.policy({ ...later, minEvents: 4, maxPeriodEpochs: 9 }))
    for (const [index, fee] of [90_000n, 60_000n].entries()) {
      await use(`use-${index}`, fee)
      await features(`use-${index}`)
    }
    await epoch()
    await epoch()
    await use('use-2', 80_000n)
    await features('use-2')
    // An answer that the model was sure of, and that was wrong: it moves much more than the others, for a small fee.
    await use('strong', 10_000n)
    const strong = { ...featuresOf(randomOf(5), SHAPE, 0), p: [20, 980], multiplier: 65_535 }
    await world.send(world.records.inferenceFeatures('strong', strong, { body: { p16: 65_535 } }))
    const { policy, periods } = await epoch()
    expect([policy, periods[0]!.state, periods[0]!.pool]).toEqual(['policy-2', 'held', '75000'])
    const exported = await exportPeriod(world.ledger.warehouse, { model: 'reader' })
    expect(exported.dataParts).toBe(500_000)
    const method = methodFor(exported.method, 'factored')
    const vHashAt = (dataParts: number) =>
      withKernels(async (kernels) => {
        const settings = { method, dataParts, minEvents: exported.minEvents, dBarFixed: null, kernels }
        return (await attributeFiles(exported.files, settings)).vHash
      }, {})
    expect(await vHashAt(500_000)).toBe(periods[0]!.vHash)
    // By the policy in force no use would be capped, and a purchase could take what earlier fees brought.
    expect(await vHashAt(later.dataParts)).not.toBe(periods[0]!.vHash)
    await expectAudited()
  })
})
