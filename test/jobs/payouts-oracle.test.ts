import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Manifest } from '../../anchor/manifest.ts'
import type { Line } from '../../jobs/settlement/lines.ts'
import { type AccountBefore, payOut } from '../../jobs/settlement/payouts.ts'
import { type EpochPart, type PayoutPolicy, PayoutsOracle, type PeriodPart } from '../oracle/economy/payouts.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 6
const HISTORIES = 40
const { seed } = runs(1)
/** Everything that is asked for behind them happens in the first two. */
const seeds = [7, 4, seed]

/** A ledger and the oracle, which is told who earned what by which score, and nothing of what was carried, held back or paid. */
class Pair {
  readonly oracle = new PayoutsOracle()
  readonly #world: RandomWorld

  constructor(world: RandomWorld) {
    this.#world = world
  }

  async runEpoch(): Promise<Manifest> {
    const manifest = await this.#world.runEpoch()
    const part: EpochPart = {
      policy: await this.#policyOf(manifest),
      periods: await this.#periodsOf(manifest),
      lines: await this.#all(
        `SELECT account, token, amount FROM settlement_line WHERE epoch = $epoch AND kind <> 'data'`,
        manifest.epoch,
      ),
    }
    this.oracle.epochs.push(part)
    return manifest
  }

  /** As its record says. */
  async #policyOf({ epoch, policy }: Manifest): Promise<PayoutPolicy> {
    const [rule] = await this.#all<{ parts: number; epochs: number }>(
      `SELECT hold_back_parts AS parts, hold_back_epochs AS epochs FROM payout_rule AS r JOIN epoch AS e USING (policy)
       WHERE e.epoch = $epoch`,
      epoch,
    )
    const minimums = await this.#all<{ token: string; amount: bigint }>(
      'SELECT token, amount FROM minimum_payout AS m JOIN epoch AS e USING (policy) WHERE e.epoch = $epoch',
      epoch,
    )
    expect(policy).not.toBeNull()
    return {
      ...{ holdBackParts: BigInt(rule!.parts), holdBackEpochs: rule!.epochs },
      minimums: Object.fromEntries(minimums.map(({ token, amount }) => [token, amount])),
    }
  }

  async #periodsOf({ epoch, periods }: Manifest): Promise<PeriodPart[]> {
    const scores = await this.#all<{ model: string; token: string; account: string; s: bigint }>(
      'SELECT model, token, account, s FROM score WHERE epoch = $epoch ORDER BY account',
      epoch,
    )
    return periods.map(({ model, token, state, pool, carriedIn, denominator, sumPositive }) => ({
      ...{ model, token, state, own: BigInt(pool) - BigInt(carriedIn) },
      weights: scores
        .filter((score) => score.model === model && score.token === token)
        .map(({ account, s }) => ({ account, weight: s > 0n ? s : 0n })),
      rest: BigInt(denominator ?? 0) - BigInt(sumPositive ?? 0),
    }))
  }

  expectPeriods({ epoch, periods }: Manifest): void {
    for (const { model, token, holdBackParts, ...period } of periods) {
      const { pool, carriedIn, paid, heldBack, carried, unattributed } = this.oracle.booksOf(epoch, model, token)
      const expected = { pool, carriedIn, paid, heldBack, carried, unattributed }
      const found = Object.fromEntries(Object.keys(expected).map((key) => [key, BigInt(period[key as keyof object])]))
      expect({ epoch, model, token, ...found }).toEqual({ epoch, model, token, ...expected })
      expect(BigInt(holdBackParts)).toBe(this.oracle.epochs[epoch - 1]!.policy.holdBackParts)
    }
  }

  async expectReserves({ epoch, periods }: Manifest): Promise<void> {
    const expected = []
    for (let earlier = 1; earlier <= epoch; earlier++)
      for (const { model, token } of this.oracle.epochs[earlier - 1]!.periods) {
        const { amount, until } = this.oracle.reserveOf(earlier, model, token)
        if (amount > 0n && until > epoch) expected.push({ amount: `${amount}`, epoch: earlier, model, token, until })
      }
    const { reserves } = await this.#world.ledger.state(epoch)
    expect({ epoch, periods, reserves }).toEqual({ epoch, periods, reserves: expected })
  }

  async expectAccounts(epoch: number): Promise<void> {
    const rows = await this.#all<AccountBefore>(
      'SELECT account, token, cumulative, small FROM account_total WHERE epoch = $epoch ORDER BY account, token',
      epoch,
    )
    const expected = rows.map(({ account, token }) => ({
      ...{ account, token },
      ...this.oracle.accountAfter(epoch, account, token),
    }))
    expect(rows).toEqual(expected)
  }

  #all<Row extends object>(sql: string, epoch: number): Promise<Row[]> {
    return this.#world.ledger.ledger.warehouse.all<Row>(sql, { epoch })
  }
}

describe('promise 4: nothing that is held back or too small is lost', () => {
  const seen = new Set<string>()

  test.each(seeds)('seed %i: pools, reserves and accounts are those of a naive oracle', async (each) => {
    const world = await RandomWorld.found(each)
    try {
      const pair = new Pair(world)
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const manifest = await pair.runEpoch()
        pair.expectPeriods(manifest)
        await pair.expectReserves(manifest)
        await pair.expectAccounts(epoch)
        if (manifest.periods.some(({ heldBack }) => heldBack !== '0')) seen.add('held back')
        if (manifest.conservation.some(({ minimumPayout }) => minimumPayout !== '0')) seen.add('a minimum')
      }
      expect((await world.ledger.audit()).firstDifference).toBeUndefined()
    } finally {
      world.ledger.close()
    }
  })

  test('thousands of epochs of lines and minimums: an account is paid all or nothing, and loses nothing', () => {
    const accounts = ['0xa', '0xb', '0xc']
    const amount = fc.bigInt({ min: 1n, max: 100n })
    const line = fc.record({ account: fc.constantFrom(...accounts), amount })
    const epoch = fc.record({ minimum: fc.bigInt({ min: 0n, max: 250n }), lines: fc.array(line, { maxLength: 4 }) })
    fc.assert(
      fc.property(fc.array(epoch, { minLength: 50, maxLength: 60 }), (epochs) => {
        const oracle = new PayoutsOracle()
        let known: AccountBefore[] = []
        for (const { minimum, lines } of epochs) {
          const policy = { holdBackParts: 0n, holdBackEpochs: 0, minimums: { t: minimum } }
          const own: Line[] = lines.map((each) => ({ ...each, token: 't', kind: 'model', asset: 'm' }))
          oracle.epochs.push({ policy, periods: [], lines: own })
          known = payOut(known, own, new Map([['t', minimum]]))
          for (const { account, cumulative, small } of known)
            expect({ cumulative, small }).toEqual(oracle.accountAfter(oracle.epochs.length, account, 't'))
        }
      }),
      { seed, numRuns: HISTORIES },
    )
  })

  test('and all of it happened: something was held back, and something was too small', () => {
    expect([...seen].sort()).toEqual(['a minimum', 'held back'])
  })
})
