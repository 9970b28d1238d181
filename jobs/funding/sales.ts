import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const acceptancesOfEpoch = readSql(new URL('./acceptances-of-epoch.sql', import.meta.url))
const PAGE_ACCEPTANCES = 1_000

/** What became of an acceptance: paid and handed over at its place, or neither: another one came first, or the buyer has too little. */
export type SaleStatus = 'settled' | 'taken' | 'unfunded'

interface Acceptance {
  readonly ordinal: bigint
  readonly offer: string
  readonly buyer: string
  readonly seller: string
  readonly asset: string
  /** Millionths. */
  readonly parts: number
  readonly token: string
  readonly price: bigint
  readonly is_taken: boolean
}

/**
 * Settles the acceptances of an epoch while its fees are taken (docs/formats.md#settlement rule 2): each at its place among them,
 * from the balance that is there then. Writes `sale`: one row for each acceptance, and `ownership_change`: two for each settled
 * one. Runs inside the caller's transaction.
 */
export class Sales {
  readonly #warehouse: Database
  readonly #epoch: number
  readonly #sold = new Set<string>()
  #page: readonly Acceptance[] = []
  #at = 0
  #sales: DuckDBValue[][] = []
  #changes: DuckDBValue[][] = []

  private constructor(warehouse: Database, epoch: number) {
    this.#warehouse = warehouse
    this.#epoch = epoch
  }

  static async open(warehouse: Database, epoch: number): Promise<Sales> {
    const sales = new Sales(warehouse, epoch)
    await sales.#turnPage(-1n)
    return sales
  }

  /** Whether an acceptance comes before that place. */
  isDueBefore(ordinal: bigint): boolean {
    const next = this.#page[this.#at]
    return next !== undefined && next.ordinal < ordinal
  }

  /**
   * Settles what comes before that place; without one, all the rest.
   *
   * @param balances by payer ‖ token; changed in place
   */
  async settleBefore(ordinal: bigint | undefined, balances: Map<string, bigint>): Promise<void> {
    for (let next = this.#page[this.#at]; next !== undefined; next = this.#page[this.#at]) {
      if (ordinal !== undefined && next.ordinal >= ordinal) break
      this.#note(next, this.#settle(next, balances))
      this.#at++
      if (this.#at < this.#page.length) continue
      await this.#write()
      await this.#turnPage(next.ordinal)
    }
    await this.#write()
  }

  /** The parts are there: what is offered is locked until the end of the epoch in which its offer ends. */
  #settle({ offer, buyer, token, price, is_taken: wasTaken }: Acceptance, balances: Map<string, bigint>): SaleStatus {
    if (wasTaken || this.#sold.has(offer)) return 'taken'
    const balance = balances.get(buyer + token) ?? 0n
    if (price > balance) return 'unfunded'
    balances.set(buyer + token, balance - price)
    this.#sold.add(offer)
    return 'settled'
  }

  #note({ ordinal, offer, asset, seller, buyer, parts }: Acceptance, status: SaleStatus): void {
    this.#sales.push([offer, status, this.#epoch, ordinal])
    if (status !== 'settled') return
    this.#changes.push([asset, seller, -parts, this.#epoch, ordinal], [asset, buyer, parts, this.#epoch, ordinal])
  }

  async #write(): Promise<void> {
    await this.#warehouse.append('sale', [VARCHAR, VARCHAR, INTEGER, BIGINT], this.#sales)
    await this.#warehouse.append('ownership_change', [VARCHAR, VARCHAR, INTEGER, INTEGER, BIGINT], this.#changes)
    this.#sales = []
    this.#changes = []
  }

  async #turnPage(after: bigint): Promise<void> {
    const page = PAGE_ACCEPTANCES
    this.#page = await this.#warehouse.all<Acceptance>(acceptancesOfEpoch, { epoch: this.#epoch, after, page })
    this.#at = 0
  }
}
