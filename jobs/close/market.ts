import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { type Address, type Hash32, toAddress, toHex } from '../../schemas/ids.ts'

const offersBefore = readSql(new URL('./offers-before.sql', import.meta.url))

interface Offer {
  readonly asset: string
  readonly seller: Address
  /** Millionths. */
  readonly parts: number
  /** Zero: anyone. */
  readonly buyer: Address
  readonly expiresMs: bigint
  /** EIP-712 digest that the seller signed. */
  readonly terms: Hash32
  readonly isWithdrawn: boolean
}

/**
 * The offers of a ledger while an epoch is closed (docs/formats.md#market). What is offered is locked until the end of the epoch
 * in which its offer ends: who can pay is only known when the epoch is settled, and by then nothing may have been given away
 * that was sold.
 */
export class Market {
  readonly #offers = new Map<string, Offer>()
  /** Asset → seller → millionths in open offers. */
  readonly #locked = new Map<string, Map<Address, number>>()
  /** Asset → number of open offers. */
  readonly #open = new Map<string, number>()
  readonly #lastCutMs: bigint

  /** @param lastCutMs time of the cut of the epoch before */
  constructor(lastCutMs: bigint) {
    this.#lastCutMs = lastCutMs
  }

  /** As the records of `epoch` find it; every acceptance before is settled. */
  static async load(warehouse: Database, epoch: number): Promise<Market> {
    const cut = await warehouse.one<{ last_ms: bigint | null }>(
      'SELECT max(cut_time_ms) AS last_ms FROM epoch WHERE epoch < $epoch',
      { epoch },
    )
    const lastCutMs = cut?.last_ms ?? 0n
    const market = new Market(lastCutMs)
    for (const row of await warehouse.all(offersBefore, { epoch, lastCutMs })) {
      const offer: Offer = {
        asset: row.asset as string,
        seller: row.seller as Address,
        parts: row.parts as number,
        buyer: row.buyer as Address,
        expiresMs: row.expires_ms as bigint,
        terms: row.terms as Hash32,
        isWithdrawn: row.is_withdrawn as boolean,
      }
      market.#offers.set(row.offer as string, offer)
      if (row.is_locked as boolean) market.#lock(offer)
    }
    return market
  }

  publish(body: EventBodies['OfferPublished'], terms: Hash32): void {
    const [seller, buyer] = [toAddress(toHex(body.seller)), toAddress(toHex(body.buyer))]
    const { asset, parts, expiresMs } = body
    const offer: Offer = { asset, seller, parts, buyer, expiresMs, terms, isWithdrawn: false }
    this.#offers.set(body.offer, offer)
    if (body.kind === 'share') this.#lock(offer)
  }

  /** Nobody can accept it from here on; what it locks stays locked for this epoch. */
  withdraw(id: string): void {
    this.#offers.set(id, { ...this.#offers.get(id)!, isWithdrawn: true })
  }

  offer(id: string): Offer | undefined {
    return this.#offers.get(id)
  }

  /** Whether a record at that effective time comes too late for it. */
  isOver(expiresMs: bigint, effectiveMs: bigint): boolean {
    return expiresMs < effectiveMs || expiresMs < this.#lastCutMs
  }

  /** Millionths that the account cannot give away. */
  lockedOf(asset: string, account: Address): number {
    return this.#locked.get(asset)?.get(account) ?? 0
  }

  /** Each may make another owner. */
  openOffersOf(asset: string): number {
    return this.#open.get(asset) ?? 0
  }

  #lock({ asset, seller, parts }: Offer): void {
    const locked = this.#locked.get(asset) ?? new Map<Address, number>()
    this.#locked.set(asset, locked.set(seller, (locked.get(seller) ?? 0) + parts))
    this.#open.set(asset, this.openOffersOf(asset) + 1)
  }
}
