import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { AcceptOrder, Ownership } from './ownership.ts'

interface Offer {
  readonly body: EventBodies['OfferPublished']
  readonly seller: string
  /** EIP-712 digest of its record. */
  readonly terms: string
  isWithdrawn: boolean
  isTaken: boolean
}

/** Of an accepted OfferAccepted. */
export interface Acceptance {
  /** Of its record in the epoch. */
  readonly row: number
  readonly source: string
  readonly id: string
  readonly offer: string
  readonly buyer: string
}

/** A row of the sales table. */
export interface Sale {
  readonly offer: string
  readonly source: string
  readonly id: string
  readonly asset: string
  readonly seller: string
  readonly buyer: string
  readonly parts: number
  readonly token: string
  readonly price: string
  readonly status: 'settled' | 'taken' | 'unfunded'
}

/** docs/formats.md#market: offers, what they lock, and who gets what is offered. */
export class Market {
  readonly #offers = new Map<string, Offer>()
  /** Asset → offers whose shares are locked. */
  readonly #locking = new Map<string, Set<Offer>>()
  #closedMs = 0n

  find(id: string): Offer | undefined {
    return this.#offers.get(id)
  }

  publish(body: EventBodies['OfferPublished'], terms: string): void {
    const offer: Offer = { body, seller: toHex(body.seller), terms, isWithdrawn: false, isTaken: false }
    this.#offers.set(body.offer, offer)
    const locking = this.#locking.get(body.asset) ?? new Set()
    this.#locking.set(body.asset, locking.add(offer))
  }

  withdraw(id: string): void {
    this.#offers.get(id)!.isWithdrawn = true
  }

  /** At an effective time, in the epoch that is decided now. */
  hasExpired(expiresMs: bigint, atMs: bigint): boolean {
    return atMs > expiresMs || this.#closedMs > expiresMs
  }

  lockedBy(asset: string, account: string): number {
    let parts = 0
    for (const { seller, body } of this.#locking.get(asset) ?? []) if (seller === account) parts += body.parts
    return parts
  }

  lockingOffers(asset: string): number {
    return this.#locking.get(asset)?.size ?? 0
  }

  /**
   * Step 2 of settlement for one acceptance; called in accept order, with the fees.
   *
   * @param balances by payer ‖ token; changed in place, as the ownership is
   */
  settle(
    { row, source, id, offer: name, buyer }: Acceptance,
    balances: Map<string, bigint>,
    ownership: Ownership,
    order: AcceptOrder,
  ): Sale {
    const offer = this.#offers.get(name)!
    const { body, seller } = offer
    const { asset, parts, price } = body
    const token = toHex(body.token)
    const sale = { offer: name, source, id, asset, seller, buyer, parts, token, price: `${price}` }
    if (offer.isTaken) return { ...sale, status: 'taken' }
    const balance = balances.get(buyer + token) ?? 0n
    if (balance < price) return { ...sale, status: 'unfunded' }
    balances.set(buyer + token, balance - price)
    offer.isTaken = true
    ownership.sell(asset, { row, from: seller, to: buyer, parts }, order)
    return { ...sale, status: 'settled' }
  }

  /** Frees what the offers locked that have ended. @param cutMs time of the cut of the epoch that ends */
  endEpoch(cutMs: bigint): void {
    if (cutMs > this.#closedMs) this.#closedMs = cutMs
    for (const [asset, offers] of this.#locking) {
      for (const offer of offers)
        if (offer.isTaken || offer.isWithdrawn || this.#closedMs > offer.body.expiresMs) offers.delete(offer)
      if (offers.size === 0) this.#locking.delete(asset)
    }
  }
}
