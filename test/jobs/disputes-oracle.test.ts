import { describe, expect, test } from '@jest/globals'
import type { MinimumPayout } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { DisputesOracle, type EpochFacts } from '../oracle/economy/disputes.ts'
import { addressOf, NAMES, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 8
const WAIT = 2
const BONDS: Readonly<Record<string, bigint>> = { [TOKEN]: 7n, [OTHER_TOKEN]: 1n }
/** They pay for nothing but bonds. */
const OPENERS: readonly Name[] = ['stranger', 'bob', 'carol']
const { seed } = runs(1)
/** Everything that is asked for behind them happens in the first four. */
const seeds = [20, 21, 23, 27, seed]
const MADE_BY_DISPUTES = `('released', 'award', 'bond')`

const amounts = (of: Readonly<Record<string, bigint>>): MinimumPayout[] =>
  Object.entries(of).map(([token, amount]) => ({ token: fromHex(toAddress(token)), amount }))

const MINIMUMS = { [TOKEN]: 3_000n }
const POLICY = {
  ...{ dataParts: 300_000, modelParts: 500_000, infrastructureParts: 150_000, treasuryParts: 50_000, minEvents: 1 },
  ...{
    disputeWindowEpochs: 3,
    disputeWaitEpochs: WAIT,
    disputeBonds: amounts(BONDS),
    minimumPayouts: amounts(MINIMUMS),
  },
}

interface PaidLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly amount: bigint
}

/** A random ledger in which lines are disputed too; and the oracle, which is told what was accepted and who earned what. */
class Pair {
  readonly oracle = new DisputesOracle(WAIT)
  readonly #world: RandomWorld
  readonly #random: Random
  #made = 0
  #open: string[] = []

  constructor(world: RandomWorld, own: number) {
    this.#world = world
    this.#random = randomOf(own + 1)
  }

  async runEpoch(): Promise<number> {
    const { ledger } = this.#world
    const deposits = OPENERS.filter(() => this.#random(3) === 0).map((payer) => ({
      payer,
      token: this.#random(3) === 0 ? OTHER_TOKEN : TOKEN,
      amount: BigInt(this.#random(20)),
    }))
    for (const { payer, token, amount } of deposits)
      await ledger.send(ledger.records.deposit(payer, amount, { body: { token: fromHex(token) } }))
    for (let openings = this.#random(5); openings > 0; openings--) await this.#dispute()
    for (let decisions = this.#random(3); decisions > 0; decisions--) await this.#decide()
    const { epoch } = await this.#world.runEpoch()
    const paid = deposits.map((each) => ({ ...each, payer: addressOf(each.payer) }))
    this.oracle.epochs.push({ minimums: MINIMUMS, deposits: paid, ...(await this.#facts(epoch)) })
    return epoch
  }

  /** One of the lines that there are, or almost one; of oneself now and then. */
  async #dispute(): Promise<void> {
    const { records } = this.#world.ledger
    const lines = await this.#all<PaidLine>(
      'SELECT * FROM settlement_line ORDER BY epoch DESC, amount DESC, account, token, kind, asset LIMIT 12',
    )
    const line = lines[this.#random(lines.length)]
    if (line === undefined) return
    const { token: text, asset, ...rest } = line
    const token = toAddress(text)
    const account = NAMES.find((name) => addressOf(name) === line.account)!
    const isOwn = this.#random(5) === 0
    const opener = isOwn ? account : OPENERS[this.#random(OPENERS.length)]!
    const dispute = `dispute ${this.#made++}`
    const named = { ...rest, account, token, asset: this.#random(6) === 0 ? `no ${asset}` : asset }
    const bond = opener === account ? 0n : BONDS[token]!
    await this.#world.ledger.send(await records.dispute(dispute, opener, named, bond))
    this.#open.push(dispute)
  }

  async #decide(): Promise<void> {
    const [dispute] = this.#open.splice(this.#random(this.#open.length), 1)
    if (dispute === undefined) return
    const parts = [0, 333_333, 1_000_000, 'rejected' as const, 'rejected' as const][this.#random(5)]!
    await this.#world.ledger.send(await this.#world.ledger.records.resolution(dispute, parts))
  }

  async #facts(epoch: number): Promise<Pick<EpochFacts, 'lines' | 'openings' | 'decisions'>> {
    const lines = await this.#all<PaidLine>(
      `SELECT * FROM settlement_line WHERE epoch = $epoch AND kind NOT IN ${MADE_BY_DISPUTES}`,
      { epoch },
    )
    const openings = await this.#all<PaidLine & { dispute: string; opener: string; line_epoch: number; bond: bigint }>(
      'SELECT * FROM dispute WHERE epoch = $epoch ORDER BY ordinal',
      { epoch },
    )
    const decisions = await this.#all<{ dispute: string; upheld: boolean; award_parts: number }>(
      'SELECT * FROM dispute_resolution WHERE epoch = $epoch',
      { epoch },
    )
    return {
      lines: lines.map(({ account, token, kind, asset, amount }) => ({ account, token, kind, asset, amount })),
      openings: openings.map(({ dispute, opener, bond, line_epoch: line, account, token, kind, asset }) => ({
        ...{ dispute, opener, bond },
        line: { epoch: line, account, token, kind, asset },
      })),
      decisions: decisions.map(({ dispute, upheld, award_parts: parts }) => ({
        dispute,
        parts: upheld ? BigInt(parts) : undefined,
      })),
    }
  }

  /** @returns what happened in the epoch */
  async expectEqual(epoch: number): Promise<string[]> {
    const { accounts, cases, balances } = this.oracle.books()
    const rows = await this.#all<
      Record<'account' | 'token', string> & Record<'cumulative' | 'small' | 'disputed', bigint>
    >(
      'SELECT account, token, cumulative, small, disputed FROM account_total WHERE epoch = $epoch ORDER BY account, token',
      { epoch },
    )
    const expected = rows.map(({ account, token }) => ({ account, token, ...accounts.get(`${account} ${token}`) }))
    expect({ epoch, rows }).toEqual({ epoch, rows: expected })
    const standings = await this.#all<{ dispute: string; status: string; held: bigint; award: bigint }>(
      'SELECT dispute, status, held, award FROM dispute_standing WHERE epoch = $epoch ORDER BY place',
      { epoch },
    )
    const live = cases.filter(({ status, ended, opened }) => status === 'open' || ended === epoch || opened === epoch)
    const standing = live.map(({ dispute, status, held, award }) => ({ dispute, status, held, award }))
    expect({ epoch, standings }).toEqual({ epoch, standings: standing })
    const { balances: left } = await this.#world.ledger.state(epoch)
    for (const name of OPENERS)
      for (const token of [TOKEN, OTHER_TOKEN]) {
        const found = left.find((each) => each.payer === addressOf(name) && each.token === token)?.amount ?? '0'
        expect({ epoch, name, found }).toEqual({
          epoch,
          name,
          found: `${balances.get(`${addressOf(name)} ${token}`) ?? 0n}`,
        })
      }
    const happened = live.filter(({ held }) => held > 0n).map(({ status }) => `${status}, with something held`)
    return [...happened, ...live.map(({ status }) => status)]
  }

  #all<Row extends object>(sql: string, values: Record<string, number> = {}): Promise<Row[]> {
    return this.#world.ledger.ledger.warehouse.all<Row>(sql, values)
  }
}

describe('promise 4: what is disputed is held and released to the atom', () => {
  const seen = new Set<string>()

  test.each(seeds)('seed %i: accounts, disputes and bonds are those of a naive oracle', async (each) => {
    const world = await RandomWorld.found(each, POLICY)
    try {
      const pair = new Pair(world, each)
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        await pair.runEpoch()
        for (const what of await pair.expectEqual(epoch)) seen.add(what)
      }
      expect((await world.ledger.audit()).firstDifference).toBeUndefined()
    } finally {
      world.ledger.close()
    }
  })

  test('and all of it happened', () => {
    expect([...seen].sort()).toEqual([
      ...['lapsed', 'lapsed, with something held', 'open', 'open, with something held', 'rejected'],
      ...['rejected, with something held', 'unfunded', 'upheld', 'upheld, with something held', 'void'],
    ])
  })
})
