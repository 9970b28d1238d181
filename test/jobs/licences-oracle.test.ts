import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { LicencesOracle } from '../oracle/economy/licences.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import {
  ALL_TO_THE_MODEL,
  ASSETS,
  OUTSIDE_WAIT_MAX,
  PAYERS_AND_TOKENS,
  PRICE_LISTS,
  RandomLicences,
} from '../support/ledger/random-licences.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 5
const HAPPENINGS = 36
const { seed } = runs(1)
/** Everything that the last test asks for happens in the first three. */
const seeds = [21, 22, 23, seed]

/** A ledger and the oracle, side by side. */
class Pair {
  readonly oracle: LicencesOracle
  readonly ledger: SmallLedger
  readonly #licences: RandomLicences
  /** Where what the oracle knows lies in the log, in its order; its first entry is the founding's policy. */
  readonly #positions: PartitionOffset[] = []

  private constructor(ledger: SmallLedger, random: (below: number) => number, outsideWait: number) {
    this.ledger = ledger
    this.oracle = new LicencesOracle(ASSETS, PRICE_LISTS, outsideWait)
    this.#licences = new RandomLicences(ledger.records, random, this.oracle)
  }

  static async found(ledger: SmallLedger, random: (below: number) => number): Promise<Pair> {
    // At least one, so that later epochs have something to release; policies set it to 0 now and then.
    const outsideWaitEpochs = 1 + random(OUTSIDE_WAIT_MAX)
    const pair = new Pair(ledger, random, outsideWaitEpochs)
    await ledger.found({ ...ALL_TO_THE_MODEL, outsideWaitEpochs })
    await ledger.send(...(await pair.#licences.founding()))
    return pair
  }

  async runEpoch(epoch: number): Promise<Manifest> {
    for (let index = 0; index < HAPPENINGS; index++) {
      const atMs = this.ledger.nowMs + this.ledger.tickMs
      const what = this.#licences.next(epoch, atMs)
      this.oracle.add(epoch, atMs, what)
      const [position] = await this.ledger.send(await this.#licences.recordOf(what))
      this.#positions.push(position!)
    }
    this.oracle.settle(epoch)
    return this.ledger.runEpoch()
  }

  async expectOutcomes(): Promise<void> {
    for (const [index, { what, outcome }] of this.oracle.entries.slice(1).entries()) {
      const found = await this.ledger.outcomeOf(this.#positions[index]!)
      expect({ index, what, outcome: found }).toEqual({ index, what, outcome })
    }
  }

  async expectState(epoch: number): Promise<void> {
    const { balances, channels, outside } = await this.ledger.state(epoch)
    for (const { payer, token } of PAYERS_AND_TOKENS) {
      const row = balances.find((each) => each.payer === payer && each.token === token)
      const own = this.oracle.balanceOf(epoch, payer, token)
      expect({ epoch, payer, token, amount: row?.amount ?? '0' }).toEqual({ epoch, payer, token, amount: `${own}` })
      for (const model of PRICE_LISTS.values()) {
        const spent = channels.find(
          (each) => each.payer === payer && each.token === token && each.model === model,
        )?.spent
        const expected = this.oracle.spentOf({ payer, model, token })
        expect({ epoch, payer, model, token, spent: spent ?? '0' }).toEqual({
          ...{ epoch, payer, model, token },
          spent: `${expected}`,
        })
      }
    }
    const found = outside.map(({ epoch: since, model, payer, token, until, fees }) => [
      `${since} ${model} ${payer} ${token} ${until}`,
      BigInt(fees),
    ])
    expect(new Map(found as [string, bigint][])).toEqual(this.oracle.held())
  }

  expectSums({ epoch, conservation }: Manifest): void {
    for (const { token, heldIn, heldOut, out, unattributed, ...sums } of conservation) {
      expect({ epoch, token, ...sums }).toMatchObject({ epoch, token, ...this.oracle.sumsOf(epoch, token) })
      const into = BigInt(sums.funded) + BigInt(sums.outside) + BigInt(heldIn)
      expect(BigInt(out) + BigInt(heldOut) + BigInt(unattributed) + BigInt(sums.refunded)).toBe(into)
    }
  }

  async expectLines(epoch: number): Promise<void> {
    const rows = await this.ledger.ledger.warehouse.all<{
      account: string
      asset: string
      token: string
      amount: bigint
    }>(`SELECT account, asset, token, amount FROM settlement_line WHERE epoch = $epoch`, { epoch })
    const found = new Map(rows.map(({ account, asset, token, amount }) => [`${account} ${asset} ${token}`, amount]))
    expect(found).toEqual(this.oracle.lines(epoch))
  }
}

describe('promise 4: fees of uses outside a licence', () => {
  const seen = new Set<string>()

  test.each(seeds)(
    'seed %i: outcomes, what is held, released and given back, balances and lines are those of a naive oracle',
    async (each) => {
      const random = randomOf(each)
      const ledger = await SmallLedger.open()
      try {
        const pair = await Pair.found(ledger, random)
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await pair.runEpoch(epoch)
          await pair.expectState(epoch)
          pair.expectSums(manifest)
          await pair.expectLines(epoch)
        }
        await pair.expectOutcomes()
        expect((await ledger.audit()).firstDifference).toBeUndefined()
        for (const { outcome, fate, epoch, endedIn } of pair.oracle.entries) {
          seen.add(outcome)
          seen.add(fate === 'released' && endedIn! > epoch ? 'released in a later epoch' : (fate ?? ''))
        }
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened: everything that can become of a fee, and every reason that licences have here', () => {
    for (const one of [
      ...['funded', 'unfunded', 'reported', 'held', 'released', 'released in a later epoch', 'refunded'],
      ...['accepted', 'REGISTRANT_NOT_OWNER', 'LICENCE_EXISTS', 'LICENCE_WINDOW_INVALID', 'PRICE_LIST_UNKNOWN'],
      ...['LICENCE_UNKNOWN', 'LICENCE_REVOKED'],
    ])
      expect(seen).toContain(one)
  })
})
