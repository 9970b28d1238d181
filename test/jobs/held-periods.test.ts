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
    await expect(statementOf(world.ledger.warehouse, addressOf('stranger'))).rejects.toThrow(AccountUnknownError)
  })

  test('a use whose features come in a later epoch of its period is no event of it', async () => {
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
    // Uses of which the model is quite sure already: contributors help them less than D̄ says.
    for (let index = 0; index < 4; index++) {
      const features = { ...featuresOf(randomOf(5), SHAPE, 0), p: [999, 1], multiplier: 200 }
      const id = `weak-${index}`
      await world.send(world.records.inference(id, FEE), world.records.inferenceFeatures(id, features))
    }
    const second = await world.runEpoch()
    const [before, after] = [first.periods[0]!, second.periods[0]!]
    expect(before).toMatchObject({ state: 'paid', carried: '0', dBarNext: before.dBar })
    expect(after.state).toBe('paid')
    expect(BigInt(after.carried)).toBeGreaterThan(0n)
    expect(BigInt(after.paid) + BigInt(after.carried)).toBe(BigInt(after.pool))
    const [dBar, dBarNext] = [BigInt(after.dBar!), BigInt(after.dBarNext!)]
    expect(dBarNext).toBe((dBar * 9n) / 10n)
    await use(4, 'again')
    const third = await world.runEpoch()
    expect(BigInt(third.periods[0]!.pool)).toBe(BigInt(after.carried) + 2_002n)
    for (const manifest of [first, second, third]) expectConserved(manifest)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})
