import type { Database } from '../../pipelines/warehouse/database.ts'
import { Openings } from './openings.ts'
import { Sales } from './sales.ts'

/** What is taken of balances at places among the fees of an epoch, besides them: prices of shares, and bonds of disputes. */
export class Takings {
  readonly sales: Sales
  readonly #openings: Openings

  private constructor(sales: Sales, openings: Openings) {
    this.sales = sales
    this.#openings = openings
  }

  static async open(warehouse: Database, epoch: number): Promise<Takings> {
    return new Takings(await Sales.open(warehouse, epoch), await Openings.open(warehouse, epoch))
  }

  /** Whether something comes before that place. */
  isDueBefore(ordinal: bigint): boolean {
    return this.sales.isDueBefore(ordinal) || this.#openings.placeBefore(ordinal) !== undefined
  }

  /**
   * Takes what comes before that place, in accept order; without one, all the rest.
   *
   * @param balances by payer ‖ token; changed in place
   */
  async takeBefore(ordinal: bigint | undefined, balances: Map<string, bigint>): Promise<void> {
    for (let place = this.#openings.placeBefore(ordinal); place !== undefined; ) {
      await this.sales.settleBefore(place, balances)
      await this.#openings.takeNext(balances)
      place = this.#openings.placeBefore(ordinal)
    }
    await this.sales.settleBefore(ordinal, balances)
  }
}
