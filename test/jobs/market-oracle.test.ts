import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { type AcceptPlace, MarketOracle, type Tables } from '../oracle/economy/market.ts'
import { addressOf, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { ASSETS, RandomMarket } from '../support/ledger/random-market.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = 2
const EPOCHS = 3
const HAPPENINGS = 40
const { seed } = runs(WORLDS)
/** The first one's history has everything in it, so that the last test does not hang on luck. */
const seeds = [7899, ...Array.from({ length: WORLDS - 1 }, (_, index) => (seed + index) % 2 ** 32)]
const TOKENS = [TOKEN, OTHER_TOKEN]
const SPLIT = { data: 0, model: 700_001, host: 200_002, treasury: 99_997 }
const POLICY = {
  ...{ dataParts: SPLIT.data, modelParts: SPLIT.model, upstreamParts: 0, agentParts: 0 },
  ...{ infrastructureParts: SPLIT.host, treasuryParts: SPLIT.treasury },
}

const FIRST: Tables = new Map([
  [
    'reader',
    new Map([
      [addressOf('modeller'), 333_333],
      [addressOf('partner'), 666_667],
    ]),
  ],
  [
    'painter',
    new Map([
      [addressOf('alice'), 500_000],
      [addressOf('bob'), 500_000],
    ]),
  ],
  ['gateway', new Map([[addressOf('host'), 1_000_000]])],
])

/** A ledger and the oracle, side by side. */
class Pair {
  readonly oracle = new MarketOracle(FIRST)
  readonly ledger: SmallLedger
  readonly #market: RandomMarket
  readonly #random: (below: number) => number
  readonly #positions = new Map<MarketOracle['entries'][number], PartitionOffset>()

  constructor(ledger: SmallLedger, random: (below: number) => number) {
    this.ledger = ledger
    this.#random = random
    this.#market = new RandomMarket(ledger.records, random)
  }

  async runEpoch(epoch: number): Promise<Manifest> {
    for (let index = 0; index < HAPPENINGS; index++) {
      // Some come in the same millisecond: then topic, partition and offset say which is first.
      this.ledger.tickMs = [0n, 1n, 1_000n][this.#random(3)]!
      const what = this.#market.next(this.ledger.nowMs)
      const [position] = await this.ledger.send(await this.#market.recordOf(what))
      const atMs = this.ledger.nowMs
      this.#positions.set(this.oracle.add(epoch, atMs, placeOf(atMs, position!), what), position!)
    }
    const manifest = await this.ledger.runEpoch()
    this.oracle.settle(epoch, BigInt(manifest.cut.timeMs))
    return manifest
  }

  async expectOutcomes(): Promise<void> {
    for (const [entry, position] of this.#positions) {
      const { what, outcome } = entry
      expect({ what, outcome: await this.ledger.outcomeOf(position) }).toEqual({ what, outcome })
    }
  }

  async expectSales(epoch: number): Promise<void> {
    const rows = await this.ledger.ledger.warehouse.all<{ status: string }>(
      'SELECT status FROM sale WHERE epoch = $epoch ORDER BY ordinal',
      { epoch },
    )
    const expected = this.oracle.entries.filter(
      (entry) => entry.epoch === epoch && entry.what.kind === 'acceptance' && entry.status !== undefined,
    )
    expect(rows.map(({ status }) => status)).toEqual(expected.map(({ status }) => status))
  }

  /** Shares of an asset always sum to the whole. */
  async expectOwners(): Promise<void> {
    for (const asset of ASSETS) {
      const rows = await this.ledger.ledger.warehouse.all<{ account: string; parts: bigint }>(
        'SELECT account, sum(delta) AS parts FROM ownership_change WHERE asset = $asset GROUP BY account HAVING sum(delta) <> 0',
        { asset },
      )
      const found = rows.map(({ account, parts }) => [account, Number(parts)] as const)
      expect([asset, found.toSorted()]).toEqual([asset, [...this.oracle.tableAt(asset)].sort()])
      expect(found.reduce((sum, [, parts]) => sum + parts, 0)).toBe(1_000_000)
      expect(found.every(([, parts]) => parts > 0)).toBe(true)
    }
  }

  async expectLines(epoch: number): Promise<void> {
    const rows = await this.ledger.ledger.warehouse.all<Record<string, string> & { amount: bigint }>(
      'SELECT account, token, kind, asset, amount FROM settlement_line WHERE epoch = $epoch',
      { epoch },
    )
    const found = rows.map((row) => [`${row.account} ${row.token} ${row.kind} ${row.asset}`, row.amount])
    expect(found.sort()).toEqual([...this.oracle.lines(epoch, SPLIT, addressOf('treasury'), 'policy-1')].sort())
  }

  /** What was paid in is in balances, or was paid out. */
  async expectMoney({ epoch, conservation, payout }: Manifest): Promise<void> {
    const { balances } = await this.ledger.state(epoch)
    for (const token of TOKENS) {
      const own = balances.filter((each) => each.token === token)
      for (const { payer, amount } of own)
        expect([payer, token, BigInt(amount)]).toEqual([payer, token, this.oracle.balanceOf(payer, token)])
      const flow = conservation.find((each) => each.token === token)
      expect([flow?.funded ?? '0', flow?.sold ?? '0']).toEqual([
        `${this.oracle.sumOf(epoch, token, 'funded')}`,
        `${this.oracle.sumOf(epoch, token, 'settled')}`,
      ])
      const left = own.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
      const total = BigInt(payout.totals.find((each) => each.token === token)?.total ?? 0)
      expect(left + total).toBe(this.#paidIn(token))
    }
  }

  #paidIn(token: string): bigint {
    return this.oracle.entries.reduce(
      (sum, { what }) => (what.kind === 'deposit' && what.token === token ? sum + what.amount : sum),
      0n,
    )
  }
}

function placeOf(atMs: bigint, { topic, partition, offset }: PartitionOffset): AcceptPlace {
  return [atMs, topic === 'tally.registry' ? 0 : 1, topic, partition, offset]
}

describe('promise 4: a share and its price change hands together, or not at all', () => {
  const seen = new Set<string>()

  test.each(seeds)('seed %i: outcomes, sales, owners, lines and money are those of a naive oracle', async (each) => {
    const ledger = await SmallLedger.open()
    try {
      await ledger.found(POLICY)
      await ledger.send(
        await ledger.records.asset('painter', 'model', { alice: 500_000, bob: 500_000 }),
        ...(await ledger.records.vouchers('painter')),
      )
      const pair = new Pair(ledger, randomOf(each))
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const manifest = await pair.runEpoch(epoch)
        await pair.expectSales(epoch)
        await pair.expectOwners()
        await pair.expectLines(epoch)
        await pair.expectMoney(manifest)
      }
      await pair.expectOutcomes()
      expect((await ledger.audit()).firstDifference).toBeUndefined()
      for (const { outcome, status } of pair.oracle.entries) for (const one of [outcome, status ?? '']) seen.add(one)
    } finally {
      ledger.close()
    }
  })

  test('and all of it happened: every status, and every reason that the market has', () => {
    for (const one of [
      ...['accepted', 'settled', 'taken', 'unfunded', 'funded', 'SHARES_NOT_OWNED', 'SIGNATURE_INVALID'],
      ...['OFFER_EXISTS', 'OFFER_UNKNOWN', 'OFFER_EXPIRED', 'OFFER_WITHDRAWN', 'OFFER_MISMATCH', 'NOT_THE_BUYER'],
      'BUYER_IS_SELLER',
    ])
      expect(seen).toContain(one)
  })
})
