import { type CorrectedUseRow, TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import type { FundedUse, Funding } from './funding.ts'
import { findUse, type History } from './history.ts'
import type { SettlementLine } from './pools.ts'

const AMOUNT = /^(0|[1-9]\d{0,28})$/

/** What is funded when corrections are counted, and what payers get back. */
export interface CorrectedFunding {
  readonly funding: Funding
  readonly refunds: readonly SettlementLine[]
}

/**
 * What corrections that come later leave of the fees that are funded in the epochs of an adjustment. The bundle of the adjustment
 * names them, so that they are known when these epochs are settled again; by the time it comes they are held to the records.
 */
export class CorrectedUses {
  readonly #named: readonly CorrectedUseRow[]
  /** By entry in the ids of the history: what was funded in the epochs so far, and in which of them. */
  readonly #funded = new Map<number, { readonly epoch: number; readonly fee: bigint }>()

  constructor(named: readonly CorrectedUseRow[]) {
    this.#named = named
  }

  /** Uses of which nothing is left are not there; who paid for them is given back what is not left. */
  apply(epoch: number, funding: Funding, history: History): CorrectedFunding {
    const left = new Map<number, bigint>()
    for (const { epoch: funded, source, id, fee } of this.#named)
      if (funded === epoch && AMOUNT.test(fee)) left.set(findUse(history, source, id), BigInt(fee))
    const refunds: SettlementLine[] = []
    const count = (uses: readonly FundedUse[]): FundedUse[] =>
      uses.flatMap((use) => {
        this.#funded.set(use.entry, { epoch, fee: use.fee })
        const fee = left.get(use.entry)
        if (fee === undefined || fee >= use.fee) return [use]
        const { payer: account, token, model: asset } = use
        refunds.push({ account, token, kind: 'refund', asset, amount: use.fee - fee })
        return fee === 0n ? [] : [{ ...use, fee }]
      })
    const corrected = { ...funding, funded: count(funding.funded), released: count(funding.released) }
    return { funding: corrected, refunds }
  }

  /** Every correction by now is named that takes something of what was funded, with what it leaves, and no other. @throws DifferenceFound */
  check(history: History): void {
    const expected = new Map<number, { readonly epoch: number; readonly fee: bigint }>()
    for (const [entry, { fee, isVoid }] of history.corrections.corrected) {
      const funded = this.#funded.get(entry)
      const left = isVoid ? 0n : fee
      if (funded !== undefined && left < funded.fee) expected.set(entry, { epoch: funded.epoch, fee: left })
    }
    for (const [index, { epoch, source, id, fee }] of this.#named.entries()) {
      const where = (column: string) => `${TABLES.correctedUses} row ${index} (${source}, ${id}) ${column}`
      const entry = findUse(history, source, id)
      const wanted = expected.get(entry) ?? differ('adjustments', where('id'), 'a use that was corrected', id)
      assertSame('adjustments', where('epoch'), wanted.epoch, epoch)
      assertSame('adjustments', where('fee'), wanted.fee.toString(), fee)
      expected.delete(entry)
    }
    if (expected.size > 0)
      differ('adjustments', TABLES.correctedUses, `${expected.size} more corrected use(s)`, 'no row of them')
  }
}
