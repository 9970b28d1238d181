import { BIGINT, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { policyInForce } from './policy.ts'

const openingsOfEpoch = readSql(new URL('./openings-of-epoch.sql', import.meta.url))
const PAGE_OPENINGS = 1_000

/** What became of an opening: it stands; its bond is not there; or there is no such line, or nothing left of it. */
type OpeningStatus = 'open' | 'unfunded' | 'void'

interface Opening {
  readonly ordinal: bigint
  readonly dispute: string
  readonly opener: string
  /** The line pays the opener. */
  readonly is_own: boolean
  readonly line_epoch: number
  readonly token: string
  readonly bond: bigint
  readonly line_amount: bigint | null
  /** Of the line, by disputes that were upheld and by adjustments; at most all of it. */
  readonly taken: bigint
}

/**
 * Takes the bonds of the disputes that were opened in an epoch (docs/formats.md#settlement rule 2), each at its place among the
 * fees, from the balance that is there then. Writes `dispute_status`: one row for each. Runs inside the caller's transaction.
 */
export class Openings {
  readonly #warehouse: Database
  readonly #epoch: number
  #page: readonly Opening[] = []
  #at = 0
  #statuses: DuckDBValue[][] = []
  /** Epoch of a line → how long its disputes wait for a decision. */
  readonly #waits = new Map<number, number>()

  private constructor(warehouse: Database, epoch: number) {
    this.#warehouse = warehouse
    this.#epoch = epoch
  }

  static async open(warehouse: Database, epoch: number): Promise<Openings> {
    const openings = new Openings(warehouse, epoch)
    await openings.#turnPage(-1n)
    return openings
  }

  /** Place of the next one in accept order, when it comes before that place; without one, of the next at all. */
  placeBefore(ordinal: bigint | undefined): bigint | undefined {
    const next = this.#page[this.#at]?.ordinal
    return next !== undefined && (ordinal === undefined || next < ordinal) ? next : undefined
  }

  /** Takes the bond of the next one. @param balances by payer ‖ token; changed in place */
  async takeNext(balances: Map<string, bigint>): Promise<void> {
    const next = this.#page[this.#at++]!
    const wanted = next.is_own ? 0n : (next.line_amount ?? 0n) - next.taken
    const status = takeBond(next, wanted, balances)
    const until = this.#epoch + (await this.#waitOf(next.line_epoch))
    this.#statuses.push([
      ...[next.dispute, status, status === 'open' ? wanted : 0n],
      ...[until, this.#epoch, next.ordinal],
    ])
    if (this.#at < this.#page.length) return
    await this.#warehouse.append(
      'dispute_status',
      [VARCHAR, VARCHAR, HUGEINT, INTEGER, INTEGER, BIGINT],
      this.#statuses,
    )
    this.#statuses = []
    await this.#turnPage(next.ordinal)
  }

  async #waitOf(lineEpoch: number): Promise<number> {
    const known = this.#waits.get(lineEpoch)
    if (known !== undefined) return known
    const policy = await policyInForce(this.#warehouse, lineEpoch)
    const wait = policy?.disputeWaitEpochs ?? 0
    this.#waits.set(lineEpoch, wait)
    return wait
  }

  async #turnPage(after: bigint): Promise<void> {
    const page = PAGE_OPENINGS
    this.#page = await this.#warehouse.all<Opening>(openingsOfEpoch, { epoch: this.#epoch, after, page })
    this.#at = 0
  }
}

function takeBond(
  { opener, token, is_own: isOwn, bond, line_amount: amount }: Opening,
  wanted: bigint,
  balances: Map<string, bigint>,
): OpeningStatus {
  if (amount === null || (!isOwn && wanted === 0n)) return 'void'
  const balance = balances.get(opener + token) ?? 0n
  if (bond > balance) return 'unfunded'
  if (bond > 0n) balances.set(opener + token, balance - bond)
  return 'open'
}
