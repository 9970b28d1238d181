import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verifyReceipt } from '../../audit/index.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const FEE = 10_001n

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

async function found(policy: Partial<EventBodies['PolicyPublished']>): Promise<void> {
  await world.found({ minEvents: 1, ...policy })
  for (const [index, name] of (['alice', 'bob'] as const).entries()) {
    const { batch, features } = await contribution(world.records, randomOf(index), name, 4)
    await world.send(batch, ...features)
  }
  await world.send(world.records.deposit('payer', 1_000_000n))
}

/** An epoch in which so many uses are paid, and an atom is deposited. */
async function epochOf(count: number) {
  const before = await world.ledger.warehouse.all('SELECT inference FROM inference')
  const ids = Array.from({ length: count }, (_, index) => `use-${before.length + index}`)
  await world.send(world.records.deposit('payer', 1n), ...uses(world.records, randomOf(before.length), ids, FEE))
  return world.runEpoch()
}

const minimumOf = (amount: bigint) => ({ minimumPayouts: [{ token: fromHex(TOKEN), amount }] })

async function accountOf(name: Name, epoch: number) {
  const row = await world.ledger.warehouse.one<Record<'earned' | 'cumulative' | 'small_before' | 'small', bigint>>(
    'SELECT earned, cumulative, small_before, small FROM account_total WHERE epoch = $epoch AND account = $account',
    { epoch, account: addressOf(name) },
  )
  return row!
}

async function expectVerified(name: Name): Promise<void> {
  for (const receipt of await receiptsOf(world.ledger, addressOf(name))) {
    const { ok, steps } = await verifyReceipt(JSON.parse(JSON.stringify(receipt)))
    expect({ ok, steps: steps.filter((step) => !step.ok) }).toEqual({ ok: true, steps: [] })
  }
}

describe('what is held back of pay', () => {
  const rule = { holdBackParts: 100_000, holdBackEpochs: 2 }

  test('is a part of each share, waits in a reserve, and returns to the pool of its model after so many epochs', async () => {
    await found(rule)
    const first = await epochOf(4)
    const [period] = first.periods
    const rows = await world.ledger.warehouse.all<{ pay: bigint; held_back: bigint }>(
      'SELECT pay, held_back FROM score',
    )
    for (const { pay, held_back } of rows) expect(held_back).toBe((pay + held_back) / 10n)
    const heldBack = rows.reduce((sum, row) => sum + row.held_back, 0n)
    expect(heldBack).toBeGreaterThan(0n)
    expect(period).toMatchObject({ holdBackParts: 100_000, heldBack: `${heldBack}`, carriedIn: '0' })
    const reserve = { amount: `${heldBack}`, epoch: 1, model: 'reader', token: TOKEN, until: 3 }
    expect((await world.state(1)).reserves).toEqual([reserve])
    await epochOf(0)
    expect((await world.state(2)).reserves).toEqual([reserve])
    await epochOf(0)
    const { reserves, periods } = await world.state(3)
    const back = `${BigInt(period!.carried) + heldBack}`
    expect({ reserves, periods }).toMatchObject({
      reserves: [],
      periods: [{ pool: back, carriedIn: back, epochs: [] }],
    })
    const fourth = await epochOf(4)
    expect(fourth.periods[0]!.carriedIn).toBe(back)
    await expectVerified('alice')
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('returns to a period that is open, and is paid no faster than what else was carried in', async () => {
    await found({ ...rule, minEvents: 3, holdBackEpochs: 1, maxPeriodEpochs: 5 })
    const [paid] = (await epochOf(4)).periods
    const [held] = (await epochOf(1)).periods
    const back = BigInt(paid!.carried) + BigInt(paid!.heldBack)
    expect(held).toMatchObject({ state: 'held', carriedIn: `${back}` })
    const [second] = (await epochOf(4)).periods
    const own = BigInt(second!.pool) - back
    expect(second).toMatchObject({ state: 'paid', carriedIn: `${back}` })
    expect(BigInt(second!.paid) + BigInt(second!.heldBack)).toBeLessThanOrEqual(own + own / 9n)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a later policy changes no reserve', async () => {
    await found(rule)
    await world.send(await world.records.policy({ policy: 'policy-2', minEvents: 1 }))
    const { heldBack } = (await epochOf(4)).periods[0]!
    await epochOf(0)
    const third = await epochOf(4)
    expect(third.policy).toBe('policy-2')
    expect(third.periods[0]).toMatchObject({ holdBackParts: 0, heldBack: '0' })
    expect(BigInt(third.periods[0]!.carriedIn)).toBeGreaterThanOrEqual(BigInt(heldBack))
    expect((await world.state(3)).reserves).toEqual([])
  })

  test('a statement says how much, beside the share that it was taken of', async () => {
    await found(rule)
    await epochOf(4)
    const { epochs } = await statementOf(world.ledger.warehouse, addressOf('alice'))
    const [line] = epochs[0]!.lines
    expect(line).toMatchObject({ kind: 'data', heldBack: ((line!.amount + line!.heldBack) * 1n) / 10n })
    expect(line!.heldBack).toBeGreaterThan(0n)
  })
})

describe('a payout below the minimum', () => {
  // The treasury has 5 % of a fee: 500 of each use.
  test('is carried whole, and paid with the first epoch that reaches it', async () => {
    await found(minimumOf(1_200n))
    const first = await epochOf(1)
    expect(await accountOf('treasury', 1)).toEqual({ earned: 500n, cumulative: 0n, small_before: 0n, small: 500n })
    expect(await accountOf('host', 1)).toMatchObject({ cumulative: 1_500n, small: 0n })
    expect(first.conservation[0]).toMatchObject({ minimumPayout: '1200' })
    await epochOf(1)
    expect(await accountOf('treasury', 2)).toEqual({ earned: 500n, cumulative: 0n, small_before: 500n, small: 1_000n })
    const third = await epochOf(1)
    expect(await accountOf('treasury', 3)).toEqual({
      earned: 500n,
      cumulative: 1_500n,
      small_before: 1_000n,
      small: 0n,
    })
    const total = await world.ledger.warehouse.one<{ cumulative: bigint; small: bigint }>(
      'SELECT sum(cumulative)::HUGEINT AS cumulative, sum(small)::HUGEINT AS small FROM account_total WHERE epoch = 3',
    )
    expect(third.payout.totals[0]!.cumulative).toBe(`${total!.cumulative}`)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('is owed for good: in a receipt without a payout, and in the statement until it is paid', async () => {
    await found(minimumOf(1_200n))
    await epochOf(1)
    const [receipt] = await receiptsOf(world.ledger, addressOf('treasury'))
    expect(receipt).toMatchObject({ payout: null, row: { earned: '500', small: '500', cumulative: '0' } })
    const verified = await verifyReceipt(JSON.parse(JSON.stringify(receipt)))
    expect(verified).toMatchObject({ ok: true, earned: 500n, cumulative: 0n, small: 500n })
    const statement = await statementOf(world.ledger.warehouse, addressOf('treasury'))
    expect(statement.totals).toEqual([{ token: TOKEN, cumulative: 0n, small: 500n }])
    expect(statement.epochs[0]!.payouts).toEqual([
      {
        ...{ token: TOKEN, earned: 500n, smallBefore: 0n, deducted: [], paid: 0n, small: 500n },
        rows: [
          { kind: 'treasury', asset: 'policy-1', amount: 500n, line: 0 },
          { kind: 'carried-on', asset: null, amount: -500n, line: null },
        ],
        ...{ minimum: 1_200n, cumulative: 0n },
      },
    ])
    const moved = structuredClone(JSON.parse(JSON.stringify(receipt)))
    Object.assign(moved.row, { small: '0' })
    expect(await verifyReceipt(moved)).toMatchObject({ ok: false })
  })

  test('is paid without a line when a policy lowers the minimum: nothing is left of a ledger that ends so', async () => {
    await found(minimumOf(1_000_000n))
    await world.send(await world.records.policy({ policy: 'last', minEvents: 1 }))
    await epochOf(2)
    const second = await epochOf(0)
    expect(second.payout).toMatchObject({ leaves: 0 })
    const third = await epochOf(0)
    expect(third.tables.lines.rows).toBe(0)
    expect(await accountOf('treasury', 3)).toEqual({ earned: 0n, cumulative: 1_000n, small_before: 1_000n, small: 0n })
    const left = await world.ledger.warehouse.one(
      'SELECT sum(small)::HUGEINT AS small FROM account_total WHERE epoch = 3',
    )
    expect(left).toEqual({ small: 0n })
    await expectVerified('treasury')
    const { epochs } = await statementOf(world.ledger.warehouse, addressOf('treasury'))
    expect(epochs.at(-1)).toMatchObject({ epoch: 3, lines: [], payouts: [{ smallBefore: 1_000n, paid: 1_000n }] })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('exactly the minimum is paid, an atom less is not', async () => {
    await found(minimumOf(1_500n))
    await epochOf(1)
    expect(await accountOf('host', 1)).toMatchObject({ earned: 1_500n, cumulative: 1_500n, small: 0n })
    await world.send(world.records.inference('less', 9_994n))
    await world.runEpoch()
    expect(await accountOf('host', 2)).toMatchObject({ earned: 1_499n, small: 1_499n })
  })
})
