import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { toAddress } from '../../schemas/ids.ts'
import { PaymentsOracle } from '../oracle/economy/payments.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { MODELS, RandomPayments } from '../support/ledger/random-payments.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = 3
const EPOCHS = 4
const HAPPENINGS = 40
const { seed } = runs(WORLDS)
const seeds = Array.from({ length: WORLDS }, (_, index) => (seed + index) % 2 ** 32)

/** A ledger and the oracle, side by side. */
class Pair {
  readonly oracle = new PaymentsOracle()
  readonly ledger: SmallLedger
  readonly #payments: RandomPayments
  /** Where what the oracle knows lies in the log, in its order. */
  readonly #positions: PartitionOffset[] = []

  constructor(ledger: SmallLedger, random: (below: number) => number) {
    this.ledger = ledger
    this.#payments = new RandomPayments(ledger.records, random, this.oracle)
  }

  async runEpoch(epoch: number): Promise<Manifest> {
    for (let index = 0; index < HAPPENINGS; index++) {
      const atMs = this.ledger.nowMs + this.ledger.tickMs
      const what = this.#payments.next(epoch, atMs)
      this.oracle.add(epoch, atMs, what)
      const [position] = await this.ledger.send(await this.#payments.recordOf(what))
      this.#positions.push(position!)
    }
    this.oracle.settle(epoch)
    return this.ledger.runEpoch()
  }

  async expectOutcomes(): Promise<void> {
    for (const [index, { what, outcome }] of this.oracle.entries.entries()) {
      const found = await this.ledger.outcomeOf(this.#positions[index]!)
      expect({ index, what, outcome: found }).toEqual({ index, what, outcome })
    }
  }

  async expectStatuses(epoch: number): Promise<void> {
    const rows = await this.ledger.ledger.warehouse.all<{ status: string }>(
      `SELECT coalesce(n.status, 'funded') AS status FROM inference AS i LEFT JOIN not_funded AS n USING (inference)
       WHERE i.epoch = $epoch ORDER BY i.ordinal`,
      { epoch },
    )
    const accepted = this.oracle.entries.filter((entry) => entry.epoch === epoch && entry.status !== undefined)
    expect(rows.map(({ status }) => status)).toEqual(accepted.map(({ status }) => status))
  }

  async expectState(epoch: number): Promise<void> {
    const { balances, channels } = await this.ledger.state(epoch)
    for (const payer of ['payer', 'partner', 'stranger'] as const)
      for (const token of [TOKEN, OTHER_TOKEN]) {
        const row = balances.find((each) => each.payer === addressOf(payer) && each.token === token)
        const own = this.oracle.balanceOf(epoch, payer, token)
        expect({ epoch, payer, token, amount: row?.amount ?? '0' }).toEqual({ epoch, payer, token, amount: `${own}` })
      }
    const expected = this.oracle.channels().map((of) => {
      const { cumulative, sequence, spent } = this.oracle.channelOf(epoch, of)
      return {
        ...{ payer: addressOf(of.payer as Name), model: of.model, token: toAddress(of.token) },
        ...{ cumulative: `${cumulative}`, sequence: `${sequence}`, spent: `${spent}` },
      }
    })
    const found = channels.filter(({ model }) => (MODELS as readonly string[]).includes(model))
    const inOrder = (rows: typeof found) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort()
    expect(inOrder(found)).toEqual(inOrder(expected))
  }

  expectSums({ epoch, conservation }: Manifest): void {
    for (const { token, funded, unfunded, reported } of conservation) {
      const sum = (status: 'funded' | 'unfunded' | 'reported') => `${this.oracle.sumOf(epoch, token, status)}`
      expect({ epoch, token, funded, unfunded, reported }).toEqual({
        ...{ epoch, token },
        ...{ funded: sum('funded'), unfunded: sum('unfunded'), reported: sum('reported') },
      })
    }
  }
}

/** Whether only what was spent before keeps the channel from covering the fee. */
function isExhausted(oracle: PaymentsOracle, { epoch, what, status }: PaymentsOracle['entries'][number]): boolean {
  if (what.kind !== 'use' || status !== 'reported' || what.voucher === 0n) return false
  const { sequence, cumulative } = oracle.channelOf(epoch, what)
  return what.voucher <= sequence && what.fee > 0n && what.fee <= cumulative
}

describe('promise 4: nobody is charged more than they signed for', () => {
  const seen = new Set<string>()

  test.each(seeds)(
    'seed %i: outcomes, statuses, balances, channels and sums are those of a naive oracle',
    async (each) => {
      const random = randomOf(each)
      const ledger = await SmallLedger.open()
      try {
        await ledger.found({ dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 })
        for (const model of MODELS)
          await ledger.send(await ledger.records.asset(model, 'model', { modeller: 1_000_000 }))
        const pair = new Pair(ledger, random)
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await pair.runEpoch(epoch)
          await pair.expectStatuses(epoch)
          await pair.expectState(epoch)
          pair.expectSums(manifest)
        }
        await pair.expectOutcomes()
        expect((await ledger.audit()).firstDifference).toBeUndefined()
        for (const { outcome, status } of pair.oracle.entries) for (const one of [outcome, status ?? '']) seen.add(one)
        if (pair.oracle.entries.some((entry) => isExhausted(pair.oracle, entry))) seen.add('a promise ran out')
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened: every status, and every reason that payments have', () => {
    for (const one of [
      ...['funded', 'unfunded', 'reported', 'accepted', 'SIGNATURE_INVALID', 'VOUCHER_EXISTS', 'PRICE_LIST_EXISTS'],
      'a promise ran out',
      ...['PRICE_LIST_UNKNOWN', 'PRICE_MISSING', 'PRICE_MISMATCH', 'QUOTE_EXPIRED', 'QUOTE_USED', 'QUOTE_INVALID'],
    ])
      expect(seen).toContain(one)
  })
})
