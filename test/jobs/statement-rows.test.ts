import { describe, expect, test } from '@jest/globals'
import { statementCsv } from '../../cli/statement/csv.ts'
import { statementPage } from '../../cli/statement/page.ts'
import { printStatement } from '../../cli/statement/text.ts'
import { type WholeStatement, wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import type { MinimumPayout } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { addressOf, NAMES, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, type Random, randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const { seed } = runs(1)
/** Everything that is asked for behind them happens in the first one. */
const WORLDS = [
  { seed: 3, epochs: 6 },
  { seed, epochs: 2 },
]
const WORLD_LIMIT_MS = 240_000
const BONDS: Readonly<Record<string, bigint>> = { [TOKEN]: 7n, [OTHER_TOKEN]: 1n }
const ADJUSTED_IN: ReadonlySet<number> = new Set([4])
/** Of what is held; in turn. */
const DECISIONS = ['rejected', 1_000_000, 400_000, 'rejected', 0] as const
const LOCKED = 'locked-reader'
const OPENERS: readonly Name[] = ['stranger', 'bob', 'carol', 'payer']

const amounts = (of: Readonly<Record<string, bigint>>): MinimumPayout[] =>
  Object.entries(of).map(([token, amount]) => ({ token: fromHex(toAddress(token)), amount }))

const POLICY = {
  ...{ dataParts: 300_000, modelParts: 400_000, infrastructureParts: 150_000, treasuryParts: 50_000, minEvents: 1 },
  ...{ agentParts: 50_000, outcomeParts: 50_000, outcomeWaitEpochs: 1, featureWaitEpochs: 2, outsideWaitEpochs: 2 },
  ...{ holdBackParts: 30_000, holdBackEpochs: 2, disputeWindowEpochs: 3, disputeWaitEpochs: 2 },
  ...{ disputeBonds: amounts(BONDS), minimumPayouts: amounts({ [TOKEN]: 3_000n }) },
}

const NEEDED = [
  ...[
    'data',
    'model',
    'agent',
    'outcome',
    'infrastructure',
    'treasury',
    'sale',
    'adjustment',
    'award',
    'bond',
    'released',
  ],
  ...['carried-in', 'carried-on', 'netted', 'disputed'],
  ...['deposit', 'fee', 'outside', 'unlicensed', 'released', 'corrected'].map((kind) => `balance ${kind}`),
  ...['share-bought', 'licence-bought', 'bond-put-up', 'bond-returned'].map((kind) => `balance ${kind}`),
  ...['bond held', 'bond returned', 'bond forfeited', 'bond not-taken', 'bond none'],
]

interface LineRow {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
}

/** A random world in which lines are disputed, epochs are settled again, and openers put up bonds. */
class Quarrels {
  readonly world: RandomWorld
  readonly #random: Random
  #made = 0
  #decided = 0
  readonly #open: string[] = []

  constructor(world: RandomWorld, own: number) {
    this.world = world
    this.#random = randomOf(own + 5)
  }

  async runEpoch(epoch: number): Promise<void> {
    const { ledger } = this.world
    const { records } = ledger
    // One of them has nothing to put up.
    for (const payer of OPENERS.slice(1)) await ledger.send(records.deposit(payer, BigInt(this.#random(40))))
    const decided = this.#open.shift()
    if (decided !== undefined)
      await ledger.send(await records.resolution(decided, DECISIONS[this.#decided++ % DECISIONS.length]!))
    for (let left = 1 + this.#random(4); left > 0; left--) await this.#dispute()
    if (epoch === 1) await this.#begin()
    // The first was taken and is taken back; of the second, which is held, a part goes back.
    if (epoch === 2) await ledger.send(records.correction('wrong', 'void'), records.correction('outside', 200n))
    // What is left of it is released.
    if (epoch === 3)
      await ledger.send(
        await records.licenceOffer('licence', LOCKED, 'modeller', 90n, { coversFromEpoch: 1 }),
        await records.acceptance('licence', 'payer'),
      )
    if (ADJUSTED_IN.has(epoch)) await ledger.send(await records.adjustment(`adjustment ${epoch}`, epoch - 3, epoch - 1))
    await this.world.runEpoch()
  }

  async #begin(): Promise<void> {
    const { ledger, shape } = this.world
    const { records } = ledger
    await ledger.send(
      await records.asset(LOCKED, 'model', { modeller: 1_000_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers(LOCKED)),
      ...[records.deposit('payer', 90_000n), records.inference('wrong', 80_000n)],
      records.inferenceFeatures('wrong', featuresOf(randomOf(1), shape, 0)),
      records.inference('outside', 500n, { body: { model: LOCKED } }),
      await records.offer('first', 'reader', 'modeller', 1_000, 500n),
      await records.acceptance('first', 'payer'),
    )
  }

  async #dispute(): Promise<void> {
    const { records, ledger } = this.world.ledger
    const lines = await ledger.warehouse.all<LineRow>(
      'SELECT * FROM settlement_line ORDER BY epoch DESC, amount DESC, account, token, kind, asset LIMIT 12',
    )
    const line = lines[this.#random(lines.length)]
    if (line === undefined) return
    const account = NAMES.find((name) => addressOf(name) === line.account)!
    const opener = this.#random(6) === 0 ? account : OPENERS[this.#random(OPENERS.length)]!
    const token = toAddress(line.token)
    const dispute = `dispute ${this.#made++}`
    const bond = opener === account ? 0n : BONDS[token]!
    await this.world.ledger.send(await records.dispute(dispute, opener, { ...line, account, token }, bond))
    this.#open.push(dispute)
  }
}

const sum = (all: readonly bigint[]) => all.reduce((total, amount) => total + amount, 0n)

/** What an account was paid of a token in an epoch, and what is left of its deposits, as settlement has them. */
async function expectedOf(world: RandomWorld, account: string, epochs: number) {
  const paid = await world.ledger.ledger.warehouse.all<{ epoch: number; token: string; paid: bigint }>(
    'SELECT epoch, token, (cumulative - amount_before)::HUGEINT AS paid FROM account_total WHERE account = $account',
    { account },
  )
  const { balances } = await world.ledger.state(epochs)
  return {
    paid: new Map(paid.map((row) => [`${row.epoch} ${row.token}`, row.paid])),
    balances: new Map(
      balances.filter(({ payer }) => payer === account).map(({ token, amount }) => [token, BigInt(amount)]),
    ),
  }
}

type Expected = Awaited<ReturnType<typeof expectedOf>>

/** @returns kinds of all rows that there are */
function expectJson(statement: WholeStatement, { paid, balances }: Expected): string[] {
  const kinds: string[] = []
  const told = new Set<string>()
  for (const { epoch, payouts } of statement.epochs)
    for (const { token, rows, paid: own } of payouts) {
      const key = `${epoch} ${token}`
      expect({ key, sum: sum(rows.map(({ amount }) => amount)) }).toEqual({ key, sum: paid.get(key) })
      expect(own).toBe(paid.get(key))
      told.add(key)
      kinds.push(...rows.map(({ kind }) => kind))
    }
  // An epoch that is not told paid nothing.
  for (const [key, amount] of paid) expect(told.has(key) || amount === 0n).toBe(true)
  const movements = statement.paying?.movements ?? []
  for (const token of [TOKEN, OTHER_TOKEN]) {
    const left = sum(movements.filter((each) => each.token === token).map(({ amount }) => amount))
    expect({ token, left }).toEqual({ token, left: balances.get(token) ?? 0n })
  }
  kinds.push(
    ...movements.map(({ kind }) => `balance ${kind}`),
    ...statement.disputes.map(({ bondBecame }) => `bond ${bondBecame}`),
  )
  return [...kinds, ...statement.nothing.map(({ reason }) => reason)]
}

function expectCsv(statement: WholeStatement, { paid, balances }: Expected): void {
  const [head, ...lines] = statementCsv(statement).split('\r\n').slice(0, -1)
  const names = head!.split(',')
  const cells = lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell])))
  const sumOf = (section: string, of: Record<string, string>) =>
    sum(
      cells
        .filter((row) => row.section === section && Object.entries(of).every(([name, value]) => row[name] === value))
        .map((row) => BigInt(row.amount!)),
    )
  for (const { epoch, token } of cells.filter((row) => row.section === 'paid') as { epoch: string; token: string }[])
    expect(sumOf('row', { epoch, token })).toBe(paid.get(`${epoch} ${token}`))
  for (const { token, amount } of cells.filter((row) => row.section === 'balance') as Record<string, string>[]) {
    expect(sumOf('balance row', { token: token! })).toBe(BigInt(amount!))
    expect(BigInt(amount!)).toBe(balances.get(token!) ?? 0n)
  }
}

/** Rows of text between a heading and its sum: `+ 5 of TOKEN …`, `- 5 …`, `= 0 of TOKEN paid`. */
function expectText(statement: WholeStatement): number {
  const lines: string[] = []
  printStatement(statement, (line) => lines.push(line))
  let [rows, sums] = [0n, 0]
  for (const line of lines.flatMap((each) => each.split('\n'))) {
    const [, sign, digits] = /^ +([+=-]) +(\d+) of 0x/.exec(line) ?? []
    if (sign === undefined) {
      rows = 0n
      continue
    }
    if (sign === '=') {
      expect(rows).toBe(BigInt(digits!))
      sums++
      rows = 0n
    } else rows += sign === '-' ? -BigInt(digits!) : BigInt(digits!)
  }
  return sums
}

function expectPage(statement: WholeStatement): number {
  const page = statementPage({ ...statement, receipts: [] })
  let sums = 0
  for (const id of ['earned', 'paying']) {
    const [, section] = new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(page) ?? []
    const [, body] = /<tbody>(.*?)<\/tbody>/s.exec(section ?? '') ?? []
    let rows = 0n
    for (const [, isSum, row] of (body ?? '').matchAll(/<tr( class="sum")?>(.*?)<\/tr>/gs)) {
      const amount = BigInt(/<td class="number"><a[^>]*><data value="(-?\d+)"/.exec(row!)![1]!)
      if (isSum === undefined) rows += amount
      else {
        expect(rows).toBe(amount)
        rows = 0n
        sums++
      }
    }
  }
  return sums
}

describe('rows of a statement sum to what was paid, and to what is left of a balance, in every format', () => {
  const seen = new Set<string>()

  test.each(WORLDS)(
    'seed $seed, $epochs epochs',
    async ({ seed: each, epochs }) => {
      const world = await RandomWorld.found(each, POLICY)
      try {
        const quarrels = new Quarrels(world, each)
        for (let epoch = 1; epoch <= epochs; epoch++) await quarrels.runEpoch(epoch)
        for (const name of NAMES) {
          const account = addressOf(name)
          const statement = await wholeStatementOf(world.ledger.ledger, account).catch(() => undefined)
          if (statement === undefined) continue
          const expected = await expectedOf(world, account, epochs)
          for (const kind of expectJson(statement, expected)) seen.add(kind)
          expectCsv(statement, expected)
          const sums = expectText(statement)
          expect(expectPage(statement)).toBe(sums)
          expect(sums).toBeGreaterThanOrEqual(statement.epochs.length)
        }
      } finally {
        world.ledger.close()
      }
    },
    WORLD_LIMIT_MS,
  )

  test('and all of it happened', () => {
    expect(NEEDED.filter((kind) => !seen.has(kind))).toEqual([])
  })
})
