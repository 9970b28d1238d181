import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { measure } from '../../jobs/incentives/concentration.ts'
import { type IncentiveReport, incentivesOf } from '../../jobs/incentives/incentives.ts'
import { SeededDraws } from '../../jobs/incentives/seeded-draws.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const CONTRIBUTORS: readonly Name[] = ['alice', 'bob', 'carol', 'copier']
const ITEMS = 12
const FEE = 1_000n
let world: SmallLedger
let report: IncentiveReport

const reportOf = (epoch: number, seed = 1) => incentivesOf({ warehouse: world.ledger.warehouse, epoch, seed })

/** Four contributors; uses by a stranger to it all, and by one who owns two thirds of the model. */
beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  const { records } = world
  for (const [at, name] of CONTRIBUTORS.entries()) {
    const { batch, features } = await contribution(records, randomOf(10 + at), name, ITEMS, {
      wrong: (index) => index < 2 * at,
    })
    await world.send(batch, ...features)
  }
  for (const epoch of [1, 2]) {
    const ids = (label: string, count: number) => Array.from({ length: count }, (_, at) => `${label}-${epoch}-${at}`)
    await world.send(records.deposit('payer', 100_000n), records.deposit('partner', 100_000n))
    await world.send(...uses(records, randomOf(20 + epoch), ids('use', 20), FEE))
    await world.send(...uses(records, randomOf(30 + epoch), ids('own', 3), FEE, { payer: 'partner' }))
    await world.runEpoch()
  }
  report = await reportOf(2)
})
afterAll(() => world.close())

const simulated = () => report.periods[0]!.simulated
const of = (attack: string) => simulated().filter((each) => each.attack === attack)

describe('an incentive report', () => {
  test('begins with what was paid: the pay before an attack is the pay of the epoch, to the rounding of one atom', async () => {
    expect(report.periods).toHaveLength(1)
    expect(report.periods[0]).toMatchObject({ model: 'reader', token: TOKEN, notSimulated: null, uses: 23 })
    for (const { account, before } of of('split')) {
      const [line] = await world.ledger.warehouse.all<{ amount: bigint }>(
        `SELECT amount FROM settlement_line WHERE epoch = 2 AND kind = 'data' AND account = $account`,
        { account: account! },
      )
      expect([before, before + 1n]).toContain(line!.amount)
    }
  })

  test('tells every attack, with what it cost and what came back', () => {
    expect(of('split').map(({ what }) => what)).toEqual(expect.arrayContaining(['goes by 2 names', 'goes by 10 names']))
    expect(of('copy')).toHaveLength(1)
    expect(of('junk')).toHaveLength(1)
    for (const { attack, before, after, spent, back, percent } of simulated()) {
      if (attack === 'split') expect(percent).toBeCloseTo((100 * Number(after - before)) / Number(before), 2)
      if (attack === 'wash' || attack === 'self-dealing')
        expect(percent).toBeCloseTo((100 * Number(after - before + back - spent)) / Number(spent), 2)
    }
  })

  test('a purchase never returns what it cost, and junk never earns what honest contributions do', () => {
    for (const { percent } of of('wash')) expect(percent!).toBeLessThanOrEqual(0)
    expect(of('junk')[0]!.percent!).toBeLessThan(100)
    expect(of('copy')[0]!.percent!).toBeGreaterThan(of('junk')[0]!.percent!)
  })

  test('whoever owns the model gets its part of the own fees back, and the rest is gone', () => {
    const [openly, hidden] = of('self-dealing')
    expect(openly!.account).toBe(addressOf('partner'))
    // 30 % of the fee is the model's, of which the partner owns 666,667 millionths.
    for (const { back, spent } of [openly!, hidden!]) expect(back).toBe((((spent * 3n) / 10n) * 666_667n) / 1_000_000n)
    expect(openly!.percent!).toBeLessThan(0)
  })

  test('the same seed gives the same report, another one other draws', async () => {
    expect(await reportOf(2)).toEqual(report)
    const other = await reportOf(2, 2)
    expect(other.concentration).toEqual(report.concentration)
    expect(other.periods[0]!.simulated).not.toEqual(simulated())
  })

  test('the treasury’s part is that of its lines', () => {
    expect(report.treasury).toEqual([
      {
        token: TOKEN,
        funded: 23_000n,
        treasury: 1_150n,
        share: { numerator: 1_150n, denominator: 23_000n, rounded: 0.05 },
      },
    ])
  })

  test('a payer that was paid of its own fees is flagged, with the amount; one that was not is not', () => {
    expect(report.loops).toEqual([
      {
        ...{ payer: addressOf('partner'), token: TOKEN, model: 'reader', uses: 3, fees: 3_000n, dataPay: 0n },
        returned: [{ kind: 'model', asset: 'reader', amount: 600n }],
      },
    ])
  })

  test('concentration is that of the lines', async () => {
    const lines = await world.ledger.warehouse.all<{ account: string; amount: bigint }>(
      `SELECT account, sum(amount)::HUGEINT AS amount FROM settlement_line WHERE epoch = 2 GROUP BY account`,
    )
    const all = report.concentration.find(({ kind }) => kind === 'all')!
    expect(all).toMatchObject({ accounts: lines.length, amount: 23_000n - unpaid(await world.manifest(2)) })
    const kinds = report.concentration.map(({ kind }) => kind)
    expect(kinds).toEqual(['all', 'data', 'infrastructure', 'model', 'treasury'])
  })

  test('an epoch that is not settled is refused', async () => {
    await expect(reportOf(9)).rejects.toMatchObject({ code: 'EPOCHS_NOT_SETTLED' })
  })

  test('a period whose scores do not come out again is not simulated, and says so', async () => {
    const { warehouse } = world.ledger
    await warehouse.run('UPDATE score SET s = s + 1 WHERE epoch = 2 AND account = $account', {
      account: addressOf('alice'),
    })
    const { periods } = await reportOf(2)
    expect(periods).toMatchObject([{ notSimulated: 'its features are not what they were', simulated: [] }])
    await warehouse.run('UPDATE score SET s = s - 1 WHERE epoch = 2 AND account = $account', {
      account: addressOf('alice'),
    })
  })
})

/** Of what was funded or carried in, what no line has. */
function unpaid({ periods }: Awaited<ReturnType<SmallLedger['manifest']>>): bigint {
  return periods.reduce((sum, { pool, carriedIn, paid }) => sum + BigInt(pool) - BigInt(carriedIn) - BigInt(paid), 0n)
}

describe('concentration', () => {
  test('Gini, HHI and the largest shares are those of their definitions', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 10n ** 24n }), { minLength: 1, maxLength: 40 }), (amounts) => {
        const { gini, hhi, top1, top10, amount } = measure(amounts)
        const sum = amounts.reduce((total, each) => total + each, 0n)
        const differences = amounts.flatMap((a) => amounts.map((b) => (a > b ? a - b : b - a)))
        // Mean absolute difference over twice the mean, as whole numbers crosswise.
        const spread = differences.reduce((total, each) => total + each, 0n)
        expect(gini.numerator * 2n * BigInt(amounts.length) * sum).toBe(spread * gini.denominator)
        const squares = amounts.reduce((total, each) => total + each * each, 0n)
        expect(hhi.numerator * sum * sum).toBe(squares * hhi.denominator)
        const descending = [...amounts].sort((a, b) => (a > b ? -1 : 1))
        expect(top1.numerator * sum).toBe(descending[0]! * top1.denominator)
        const ten = descending.slice(0, 10).reduce((total, each) => total + each, 0n)
        expect(top10.numerator * sum).toBe(ten * top10.denominator)
        expect(amount).toBe(sum)
      }),
      { seed: 7 },
    )
  })

  test('seeded draws are even, repeat with their seed, and stay below their limit', () => {
    const draws = new SeededDraws(3, 'test')
    const counts = new Array<number>(6).fill(0)
    for (let at = 0; at < 6_000; at++) counts[draws.next(6)]! += 1
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
    const sequence = (seed: number) => {
      const again = new SeededDraws(seed, 'test')
      return Array.from({ length: 20 }, () => again.next(2 ** 32))
    }
    expect(sequence(3)).toEqual(sequence(3))
    expect(sequence(3)).not.toEqual(sequence(4))
  })
})
