import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { assetPage } from '../../jobs/market/asset-page.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const MODEL = 'reader'
const EPOCHS = 2
const NAMES = ['alice', 'bob', 'carol'] as const

let world: SmallLedger
const rows = <Row extends object>(sql: string) => world.ledger.warehouse.all<Row>(sql)
const page = (asset: string) => assetPage(world.ledger.warehouse, asset)
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
})
afterEach(() => world.close())

/** Two epochs in which contributions are used and paid for, some of them wrong, one a copy; licences, and what is derived. */
async function use(): Promise<void> {
  const { records } = world
  await world.send(
    await records.derived('child', 'model', 'carol', { digits: { by: 'operator', parts: 50_000 } }),
    ...(await records.vouchers('child')),
    records.deposit('payer', 1_000_000n),
    await records.licence('for all', MODEL),
    await records.licence('gone', MODEL, {}, { by: 'partner' }),
    await records.revocation('gone', MODEL),
    await records.licenceOffer('month', MODEL, 'modeller', 90n, { copies: 2 }),
    await records.acceptance('month', 'payer'),
    records.inference('of the child', 10n, { body: { model: 'child' } }),
  )
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    if (epoch === 1)
      for (const [index, name] of NAMES.entries()) {
        const wrong = (item: number) => name === 'bob' && item < 2
        const { batch, features } = await contribution(records, randomOf(index), name, 6, { wrong })
        await world.send(batch, ...features)
      }
    const ids = Array.from({ length: 10 }, (_, index) => `use-${epoch}-${index}`)
    await world.send(...uses(records, randomOf(90 + epoch), ids, 1_001n))
    await world.runEpoch()
  }
}

test('a dataset shows its income by epoch, its value with an interval, its junk, and how it is used', async () => {
  await use()
  const { quality, uses: used, income, contributions, contributors, reuse } = await page('digits')
  const values = await rows<{ epoch: number; value: bigint }>('SELECT epoch, value FROM item_value')
  expect(quality).toHaveLength(EPOCHS)
  for (const each of quality) {
    const own = values.filter(({ epoch }) => epoch === each.epoch).map(({ value }) => Number(value))
    const helped = own.reduce((sum, value) => sum + Math.max(0, value), 0)
    expect(each).toMatchObject({ model: MODEL, token: TOKEN, items: 18 })
    expect(each.value).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / helped, 9)
    expect(each.junk).toBeCloseTo(own.filter((value) => value <= 0).length / 18, 9)
    expect(each.junk).toBeGreaterThan(0)
    // All contributions are to it, so all that is due to contributors is; how sure that is, nobody's interval says better.
    expect(each.interval).toMatchObject({ high: 1 })
    expect(each.interval!.share).toBeCloseTo(1, 9)
    expect(each.interval!.low).toBeLessThan(1)
  }
  expect(contributions).toEqual({ items: 18, duplicates: 0, accounts: 3 })
  expect(contributors.map(({ account }) => account)).toContain(addressOf('alice'))
  expect(reuse).toEqual([{ asset: 'child', kind: 'model', parts: 50_000 }])
  expect(used).toEqual({ own: 0, payers: 0, derived: 1, granted: 0, bought: 0, licensees: 0 })
  const royalties = await rows<{ amount: bigint }>(`SELECT amount FROM settlement_line WHERE asset = 'digits'`)
  expect(income.reduce((sum, { amount }) => sum + amount, 0n)).toBe(
    royalties.reduce((sum, { amount }) => sum + amount, 0n),
  )
})

test('a dataset shows what its contributors were paid, epoch by epoch; what is no dataset has none', async () => {
  await use()
  const { contributorsIncome } = await page('digits')
  const paid = await rows<{ epoch: number; amount: bigint; accounts: bigint }>(
    `SELECT epoch, sum(amount)::HUGEINT AS amount, count(*) AS accounts FROM settlement_line WHERE kind = 'data' GROUP BY epoch ORDER BY epoch`,
  )
  expect(paid).toHaveLength(EPOCHS)
  const expected = paid.map(({ accounts, ...of }) => ({
    ...of,
    model: MODEL,
    token: TOKEN,
    accounts: Number(accounts),
  }))
  expect(contributorsIncome).toEqual(expected)
  expect((await page(MODEL)).contributorsIncome).toEqual([])
})

test('a model shows what licences of it brought, how often it was used, and by whose leave', async () => {
  await use()
  const { uses: used, income, quality, access, contributions } = await page(MODEL)
  expect(used).toEqual({ own: 20, payers: 1, derived: 0, granted: 1, bought: 1, licensees: 1 })
  expect(income.filter(({ kind }) => kind === 'licence')).toEqual([
    { epoch: 1, token: TOKEN, kind: 'licence', amount: 90n, accounts: 2 },
  ])
  expect(new Set(income.map(({ epoch }) => epoch))).toEqual(new Set([1, 2]))
  expect([access, contributions]).toEqual(['open', null])
  expect(quality.map(({ interval }) => interval)).toEqual([null, null])
})

test('of an account with several datasets each gets what its own items did', async () => {
  const { records } = world
  await world.send(
    await records.asset('letters', 'dataset', { operator: 1_000_000 }),
    records.deposit('payer', 1_000_000n),
  )
  for (const [index, dataset] of ['digits', 'letters'].entries()) {
    const id = `batch-${dataset}`
    const { features } = await contribution(records, randomOf(index), 'alice', 6, { id })
    await world.send(await records.batch('alice', id, 6, { body: { dataset } }), ...features)
  }
  const other = await contribution(records, randomOf(7), 'bob', 6)
  await world.send(other.batch, ...other.features)
  await world.send(
    ...uses(
      records,
      randomOf(99),
      Array.from({ length: 10 }, (_, index) => `use-${index}`),
      1_001n,
    ),
  )
  await world.runEpoch()
  const [digits, letters] = [(await page('digits')).quality[0]!, (await page('letters')).quality[0]!]
  expect(digits.interval!.share + letters.interval!.share).toBeCloseTo(1, 9)
  const due = await rows<{ dataset: string; good: number }>(
    `SELECT b.dataset, sum(v.value)::DOUBLE AS good FROM item_value AS v JOIN contribution_batch AS b USING (batch)
     WHERE v.value > 0 AND b.account = '${addressOf('alice')}' GROUP BY b.dataset`,
  )
  const good = new Map(due.map((row) => [row.dataset, row.good]))
  const [share] = await rows<{ share: number }>(`SELECT share FROM score WHERE account = '${addressOf('alice')}'`)
  const all = [...good.values()].reduce((sum, each) => sum + each, 0)
  expect(letters.interval!.share).toBeCloseTo((share!.share * (good.get('letters') ?? 0)) / all, 9)
  // What alice was paid is told once, in parts; bob gave to one of them alone.
  const pays = await rows<{ account: string; pay: bigint }>('SELECT account, pay FROM score')
  const payOf = (account: string) => pays.find((row) => row.account === account)!.pay
  const [toDigits, toLetters] = [
    (await page('digits')).contributorsIncome[0]!,
    (await page('letters')).contributorsIncome[0]!,
  ]
  expect(toDigits.amount + toLetters.amount).toBeGreaterThanOrEqual(pays.reduce((sum, { pay }) => sum + pay, 0n) - 1n)
  const ofAlice = (Number(payOf(addressOf('alice'))) * (good.get('letters') ?? 0)) / all
  expect(Math.abs(Number(toLetters.amount) - ofAlice)).toBeLessThanOrEqual(1)
})
