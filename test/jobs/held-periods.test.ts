import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { AccountUnknownError, statementOf } from '../../jobs/statement/statement.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

const FEE = 1_001n

async function contributeAll(): Promise<void> {
  for (const [index, name] of (['alice', 'bob'] as const).entries()) {
    const { batch, features } = await contribution(world.records, randomOf(index), name, 4)
    await world.send(batch, ...features)
  }
  await world.send(world.records.deposit('payer', 1_000_000n))
}

/** `count` uses that count the same, so that they are so many effective events. */
async function use(count: number, prefix: string): Promise<void> {
  for (let index = 0; index < count; index++) {
    const id = `${prefix}-${index}`
    await world.send(
      world.records.inference(id, FEE),
      world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0)),
    )
  }
}

/** Uses of which the model is quite sure already: contributors help them less than D̄ says. */
async function useWeakly(prefix: string, fee = FEE): Promise<void> {
  for (let index = 0; index < 4; index++) {
    const features = { ...featuresOf(randomOf(5), SHAPE, 0), p: [999, 1], multiplier: 200 }
    const id = `${prefix}-${index}`
    await world.send(world.records.inference(id, fee), world.records.inferenceFeatures(id, features))
  }
}

const shownOf = ({ periods }: Manifest) =>
  periods.map(({ state, epochs, firstEpoch, events, effectiveEvents, pool, paid, carried }) => {
    return { state, epochs, firstEpoch, events, effectiveEvents, pool, paid: paid !== '0', carried }
  })

/** funded + held in = out + held out + unattributed, and nothing is paid that the chain would not hold. */
function expectConserved({ conservation, payout }: Manifest): void {
  for (const row of conservation) {
    const [funded, heldIn, out] = [BigInt(row.funded), BigInt(row.heldIn), BigInt(row.out)]
    expect(funded + heldIn).toBe(out + BigInt(row.heldOut) + BigInt(row.unattributed))
  }
  for (const { cumulative, reserved, total } of payout.totals) {
    expect(BigInt(cumulative) + BigInt(reserved)).toBe(BigInt(total))
  }
}

describe('promise 4: conservation while a period is held', () => {
  test('it goes on over epochs and pays all its fees once, in the epoch in which enough events are there', async () => {
    await world.found({ minEvents: 6, maxPeriodEpochs: 5 })
    await contributeAll()
    await use(2, 'first')
    // 2,002 · 50 % = 1,001 for the contributors.
    const first = await world.runEpoch()
    expect(shownOf(first)).toEqual([
      {
        state: 'held',
        epochs: 1,
        firstEpoch: 1,
        events: 2,
        effectiveEvents: '2',
        pool: '1001',
        paid: false,
        carried: '0',
      },
    ])
    expect(await world.state(1)).toMatchObject({ periods: [{ epochs: [1], pool: '1001', dBarFixed: null }] })
    expect(first.payout.totals).toEqual([{ token: TOKEN, cumulative: '1001', reserved: '1001', total: '2002' }])
    await use(2, 'second')
    const second = await world.runEpoch()
    expect(shownOf(second)).toMatchObject([{ state: 'held', epochs: 2, firstEpoch: 1, events: 4, pool: '2002' }])
    // An epoch without a use of the model belongs to the period as well.
    await world.send(world.records.deposit('payer', 1n))
    const third = await world.runEpoch()
    expect(shownOf(third)).toMatchObject([{ state: 'held', epochs: 3, events: 4, pool: '2002' }])
    await use(2, 'fourth')
    const fourth = await world.runEpoch()
    expect(shownOf(fourth)).toMatchObject([{ state: 'paid', epochs: 4, events: 6, effectiveEvents: '6', pool: '3003' }])
    const paid = BigInt(fourth.periods[0]!.paid)
    expect(paid + BigInt(fourth.periods[0]!.carried)).toBe(3_003n)
    const data = (await world.earned(4, addressOf('alice'))) + (await world.earned(4, addressOf('bob')))
    expect(data).toBe(paid)
    for (const manifest of [first, second, third, fourth]) expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('while it is held, a statement says that nothing was paid', async () => {
    await world.found({ minEvents: 6 })
    await contributeAll()
    await use(2, 'first')
    await world.runEpoch()
    const statement = await statementOf(world.ledger.warehouse, addressOf('alice'))
    expect(statement).toMatchObject({ contributions: 4, duplicates: 0, epochs: [], totals: [], helped: [], hurt: [] })
    await expect(statementOf(world.ledger.warehouse, addressOf('carol'))).rejects.toThrow(AccountUnknownError)
  })

  test('a use whose features come later than the policy waits is no event of the period', async () => {
    await world.found({ minEvents: 100 })
    await contributeAll()
    await use(2, 'first')
    await world.send(world.records.inference('late', FEE))
    await world.runEpoch()
    await world.send(world.records.inferenceFeatures('late', featuresOf(randomOf(5), SHAPE, 0)))
    const second = await world.runEpoch()
    expect(shownOf(second)).toMatchObject([{ state: 'held', epochs: 2, events: 2, effectiveEvents: '2', pool: '1001' }])
    expectConserved(second)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('after the longest period without enough events its pool goes to unattributed, and the next use opens a new one', async () => {
    await world.found({ minEvents: 100, maxPeriodEpochs: 2 })
    await contributeAll()
    const manifests: Manifest[] = []
    for (const epoch of [1, 2, 3]) {
      await use(2, `epoch ${epoch}`)
      manifests.push(await world.runEpoch())
    }
    expect(manifests.flatMap(shownOf)).toMatchObject([
      { state: 'held', epochs: 1, firstEpoch: 1, pool: '1001' },
      { state: 'unattributed', epochs: 2, firstEpoch: 1, events: 4, pool: '2002', paid: false },
      { state: 'held', epochs: 1, firstEpoch: 3, events: 2, pool: '1001' },
    ])
    expect(await world.state(2)).toMatchObject({
      periods: [{ epochs: [], pool: '0' }],
      unattributed: [{ amount: '2002', token: TOKEN }],
    })
    expect(manifests[2]!.payout.totals[0]).toMatchObject({ cumulative: '3003', reserved: '3003' })
    for (const manifest of manifests) expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('what a period does not pay is carried into the next one, and D̄ moves by at most a tenth', async () => {
    await world.found({ minEvents: 1 })
    await contributeAll()
    await use(4, 'helpful')
    const first = await world.runEpoch()
    await useWeakly('weak')
    const second = await world.runEpoch()
    const [before, after] = [first.periods[0]!, second.periods[0]!]
    expect(before).toMatchObject({ state: 'paid', carriedIn: '0', carried: '0', dBarNext: before.dBar })
    expect(after).toMatchObject({ state: 'paid', carriedIn: '0', unattributed: '0' })
    expect(BigInt(after.carried)).toBeGreaterThan(0n)
    expect(BigInt(after.paid) + BigInt(after.carried)).toBe(BigInt(after.pool))
    const [dBar, dBarNext] = [BigInt(after.dBar!), BigInt(after.dBarNext!)]
    expect(dBarNext).toBe((dBar * 9n) / 10n)
    expect((await world.state(2)).periods).toMatchObject([
      { epochs: [], pool: after.carried, carriedIn: after.carried },
    ])
    for (const manifest of [first, second]) expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a period pays at most a ninth more than its own part and carries at most that; the rest is unattributed', async () => {
    await world.found({ minEvents: 1 })
    await contributeAll()
    await use(4, 'helpful')
    const manifests = [await world.runEpoch()]
    for (const prefix of ['weak', 'weaker']) {
      await useWeakly(prefix)
      manifests.push(await world.runEpoch())
    }
    await use(4, 'again')
    manifests.push(await world.runEpoch())
    const [, second, third, fourth] = manifests.map(({ periods }) => periods[0]!)
    // 4 · 1,001 · 50 %
    const own = 2_002n
    expect(third).toMatchObject({ carriedIn: second!.carried, pool: String(own + BigInt(second!.carried)) })
    expect(third!.carried).toBe(String(own))
    expect(BigInt(third!.unattributed)).toBe(BigInt(second!.carried) - BigInt(third!.paid))
    expect(BigInt(third!.unattributed)).toBeGreaterThan(0n)
    // Scores are above the floor: all that may be paid is, 2,002 and a ninth of it, although there are 4,004.
    expect(fourth).toMatchObject({ carriedIn: '2002', pool: '4004', paid: '2224', carried: '1780', unattributed: '0' })
    expect(await world.state(4)).toMatchObject({
      periods: [{ epochs: [], pool: '1780', carriedIn: '1780' }],
      unattributed: [{ amount: third!.unattributed, token: TOKEN }],
    })
    for (const manifest of manifests) expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a period of tiny fees gives nothing up of what was carried in', async () => {
    await world.found({ minEvents: 1 })
    await contributeAll()
    await use(4, 'helpful')
    await world.runEpoch()
    await useWeakly('weak')
    const [second] = (await world.runEpoch()).periods
    await useWeakly('tiny', 2n)
    const manifest = await world.runEpoch()
    const [third] = manifest.periods
    expect(BigInt(second!.carried)).toBeGreaterThan(100n)
    // 4 · 2 · 50 %, and what is left of it would not fit beside what was carried in.
    expect(third).toMatchObject({ carriedIn: second!.carried, carried: second!.carried })
    expect(BigInt(third!.paid) + BigInt(third!.unattributed)).toBe(4n)
    expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('what was carried in stays apart while the next period is held', async () => {
    await world.found({ minEvents: 1, maxPeriodEpochs: 3 })
    await contributeAll()
    await world.send(await world.records.policy({ policy: 'policy-2', minEvents: 6, maxPeriodEpochs: 3 }))
    await use(4, 'helpful')
    await world.runEpoch()
    await useWeakly('weak')
    const { carried } = (await world.runEpoch()).periods[0]!
    for (const epoch of [3, 4]) {
      await use(2, `epoch ${epoch}`)
      const manifest = await world.runEpoch()
      const own = BigInt(epoch - 2) * 1_001n
      expect(manifest.periods[0]).toMatchObject({ state: 'held', carriedIn: carried, pool: `${own + BigInt(carried)}` })
      expect((await world.state(epoch)).periods).toMatchObject([
        { carriedIn: carried, epochs: [3, 4].slice(0, epoch - 2) },
      ])
    }
    await use(2, 'epoch 5')
    const [period] = (await world.runEpoch()).periods
    const [pool, most] = [3_003n + BigInt(carried), 3_003n + 333n]
    expect(period).toMatchObject({ state: 'paid', carriedIn: carried, pool: `${pool}` })
    expect(BigInt(period!.paid)).toBe(pool < most ? pool : most)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})
