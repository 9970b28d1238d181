import { expect } from '@jest/globals'
import type { Manifest } from '../../../anchor/manifest.ts'
import type { PartitionOffset } from '../../../pipelines/record-source.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { LicenceHappening, LicencesOracle } from '../../oracle/economy/licences.ts'
import { ALL_TO_THE_MODEL, PAYERS_AND_TOKENS, PRICE_LISTS } from '../../support/ledger/random-licences.ts'
import type { SmallLedger } from '../../support/ledger/small-ledger.ts'

/** What happens in a random world, as the oracle understands it and as records. */
interface Happenings {
  founding(): Promise<OutgoingRecord[]>
  next(epoch: number, atMs: bigint): LicenceHappening
  recordOf(what: LicenceHappening): Promise<OutgoingRecord>
}

/** A ledger and the oracle, side by side. */
export class LicencePair<Oracle extends LicencesOracle> {
  readonly oracle: Oracle
  readonly ledger: SmallLedger
  readonly #happenings: Happenings
  /** Where what the oracle knows lies in the log, in its order; its first entry is the founding's policy. */
  readonly #positions: PartitionOffset[] = []

  private constructor(ledger: SmallLedger, oracle: Oracle, happenings: Happenings) {
    this.ledger = ledger
    this.oracle = oracle
    this.#happenings = happenings
  }

  /** @param outsideWaitEpochs of the first policy */
  static async found<Oracle extends LicencesOracle>(
    ledger: SmallLedger,
    oracle: Oracle,
    happenings: Happenings,
    outsideWaitEpochs: number,
  ): Promise<LicencePair<Oracle>> {
    await ledger.found({ ...ALL_TO_THE_MODEL, outsideWaitEpochs })
    await ledger.send(...(await happenings.founding()))
    return new LicencePair(ledger, oracle, happenings)
  }

  async runEpoch(epoch: number, count: number): Promise<Manifest> {
    for (let index = 0; index < count; index++) {
      const atMs = this.ledger.nowMs + this.ledger.tickMs
      const what = this.#happenings.next(epoch, atMs)
      this.oracle.add(epoch, atMs, what)
      const [position] = await this.ledger.send(await this.#happenings.recordOf(what))
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

  /** @param sold by token: what was paid for licences */
  expectSums({ epoch, conservation }: Manifest, sold: (token: string) => bigint = () => 0n): void {
    for (const { token, heldIn, heldOut, out, unattributed, ...sums } of conservation) {
      const expected = { ...this.oracle.sumsOf(epoch, token), sold: `${sold(token)}` }
      expect({ epoch, token, ...sums }).toMatchObject({ epoch, token, ...expected })
      const into = BigInt(sums.funded) + BigInt(sums.outside) + BigInt(sums.sold) + BigInt(heldIn)
      expect(BigInt(out) + BigInt(heldOut) + BigInt(unattributed) + BigInt(sums.refunded)).toBe(into)
    }
  }

  /** Of the kind. */
  async expectLines(epoch: number, kind: 'model' | 'licence', expected: ReadonlyMap<string, bigint>): Promise<void> {
    const rows = await this.ledger.ledger.warehouse.all<{
      account: string
      asset: string
      token: string
      amount: bigint
    }>(`SELECT account, asset, token, amount FROM settlement_line WHERE epoch = $epoch AND kind = $kind`, {
      epoch,
      kind,
    })
    const found = new Map(rows.map(({ account, asset, token, amount }) => [`${account} ${asset} ${token}`, amount]))
    expect(found).toEqual(expected)
  }
}
