import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { Licences, type LicensedUse, type Moment } from '../close/licences.ts'

const acceptancesOfEpoch = readSql(new URL('./acceptances-of-epoch.sql', import.meta.url))
const partsAtPlace = readSql(new URL('./parts-at-place.sql', import.meta.url))
const PAGE_ACCEPTANCES = 1_000

/**
 * What became of an acceptance: paid and handed over at its place, or neither: others came first, the seller of a licence owns
 * nothing of the asset any more, or the buyer has too little.
 */
export type SaleStatus = 'settled' | 'taken' | 'lapsed' | 'unfunded'

interface Acceptance {
  readonly ordinal: bigint
  readonly offer: string
  readonly buyer: string
  readonly kind: 'share' | 'licence'
  readonly seller: string
  readonly asset: string
  /** Millionths, of a share. */
  readonly parts: number
  readonly token: string
  readonly price: bigint
  /** How many can be sold, 0: any number; and how many were before the epoch. */
  readonly copies: number
  readonly sold: bigint
  /** Of a licence. */
  readonly uses: { readonly items: readonly string[] } | null
  readonly from_ms: bigint | null
  readonly until_ms: bigint | null
  readonly price_list: string | null
}

/**
 * Settles the acceptances of an epoch while its fees are taken (docs/formats.md#settlement rule 2): each at its place among them,
 * from the balance that is there then. Writes `sale`: one row for each acceptance, and `ownership_change`: two for each share
 * that was settled. Runs inside the caller's transaction.
 */
export class Sales {
  readonly #warehouse: Database
  readonly #epoch: number
  readonly #sold = new Map<string, bigint>()
  readonly #licences = new Licences()
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

  /** Whether a licence that was bought in this epoch, and is settled by now, covers a use of the asset. */
  cover(asset: string, use: LicensedUse, place: Omit<Moment, 'epoch'>): boolean {
    return this.#licences.covers(asset, use, { epoch: this.#epoch, ...place })
  }

  /**
   * Settles what comes before that place; without one, all the rest.
   *
   * @param balances by payer ‖ token; changed in place
   */
  async settleBefore(ordinal: bigint | undefined, balances: Map<string, bigint>): Promise<void> {
    for (let next = this.#page[this.#at]; next !== undefined; next = this.#page[this.#at]) {
      if (ordinal !== undefined && next.ordinal >= ordinal) break
      this.#note(next, await this.#settle(next, balances))
      this.#at++
      if (this.#at < this.#page.length) continue
      await this.#write()
      await this.#turnPage(next.ordinal)
    }
    await this.#write()
  }

  /** The parts of a share are there: what is offered is locked until the end of the epoch in which its offer ends. */
  async #settle(acceptance: Acceptance, balances: Map<string, bigint>): Promise<SaleStatus> {
    const { offer, kind, buyer, token, price, copies, sold } = acceptance
    const soldBefore = sold + (this.#sold.get(offer) ?? 0n)
    if (copies > 0 && soldBefore >= BigInt(copies)) return 'taken'
    if (kind === 'licence' && !(await this.#isSellerOwner(acceptance))) return 'lapsed'
    const balance = balances.get(buyer + token) ?? 0n
    if (price > balance) return 'unfunded'
    balances.set(buyer + token, balance - price)
    this.#sold.set(offer, (this.#sold.get(offer) ?? 0n) + 1n)
    return 'settled'
  }

  /** At the place of the acceptance: a licence locks no parts, so they may have been given away, or sold in this pass. */
  async #isSellerOwner({ asset, seller, ordinal }: Acceptance): Promise<boolean> {
    if (this.#changes.length > 0) await this.#write()
    const place = { asset, account: seller, epoch: this.#epoch, ordinal }
    const row = await this.#warehouse.one<{ parts: bigint }>(partsAtPlace, place)
    return row!.parts > 0n
  }

  #note(acceptance: Acceptance, status: SaleStatus): void {
    const { ordinal, offer, asset, seller, buyer, parts } = acceptance
    this.#sales.push([offer, status, this.#epoch, ordinal])
    if (status !== 'settled') return
    if (acceptance.kind === 'licence') this.#license(acceptance)
    else this.#changes.push([asset, seller, -parts, this.#epoch, ordinal], [asset, buyer, parts, this.#epoch, ordinal])
  }

  #license({ ordinal, asset, buyer, uses, from_ms, until_ms, price_list }: Acceptance): void {
    this.#licences.buy({
      ...{ asset, licensee: buyer, uses: new Set(uses!.items), fromMs: from_ms!, untilMs: until_ms! },
      // Nobody asks for a royalty here: what is derived is decided by close, which knows of the purchase from the next epoch on.
      ...{ priceList: price_list!, royaltyParts: 0, grantedAt: { epoch: this.#epoch, ordinal } },
    })
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
