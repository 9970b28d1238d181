import type { EventBodies, LicenceTerms } from '../schemas/events.ts'
import { fromHex, toHex } from '../schemas/ids.ts'
import { apportion } from './apportion.ts'
import type { Terms } from './licences.ts'
import { compareText } from './order.ts'
import type { AcceptOrder, Ownership } from './ownership.ts'
import { addTo } from './sums.ts'

interface Offer {
  readonly body: EventBodies['OfferPublished']
  readonly seller: string
  /** EIP-712 digest of its record. */
  readonly terms: string
  isWithdrawn: boolean
  /** How many acceptances of it were settled. */
  sold: number
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
export interface SaleRow {
  readonly offer: string
  readonly source: string
  readonly id: string
  readonly kind: string
  readonly asset: string
  readonly seller: string
  readonly buyer: string
  readonly parts: number
  readonly token: string
  readonly price: string
  readonly status: 'settled' | 'taken' | 'lapsed' | 'unfunded'
}

/** What became of an acceptance. */
export interface Sale {
  /** Of its record in the epoch. */
  readonly row: number
  readonly published: SaleRow
  /** What was bought, when it was a licence. */
  readonly licence: Terms | undefined
  /** Who is paid how much. */
  readonly paid: ReadonlyMap<string, bigint>
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
    const offer: Offer = { body, seller: toHex(body.seller), terms, isWithdrawn: false, sold: 0 }
    this.#offers.set(body.offer, offer)
    if (body.kind === 'licence') return // it locks nothing
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
  settle(acceptance: Acceptance, balances: Map<string, bigint>, ownership: Ownership, order: AcceptOrder): Sale {
    const { row, source, id, offer: name, buyer } = acceptance
    const offer = this.#offers.get(name)!
    const { body, seller } = offer
    const { kind, asset, parts, price } = body
    const token = toHex(body.token)
    const sale = { offer: name, source, id, kind, asset, seller, buyer, parts, token, price: `${price}` }
    const owners = ownership.in(asset, ownership.versionAt(asset, row, order))
    const status = statusOf(offer, owners, balances.get(buyer + token) ?? 0n)
    const published: SaleRow = { ...sale, status }
    if (status !== 'settled') return { row, published, licence: undefined, paid: new Map() }
    addTo(balances, buyer + token, -price)
    offer.sold++
    const [licence] = body.licence
    if (licence === undefined) {
      ownership.sell(asset, { row, from: seller, to: buyer, parts }, order)
      return { row, published, licence, paid: new Map([[seller, price]]) }
    }
    const terms = boughtTerms(asset, buyer, licence, order.effectiveMs(row))
    return { row, published, licence: terms, paid: overOwners(price, owners) }
  }

  /** Frees what the offers locked that have ended. @param cutMs time of the cut of the epoch that ends */
  endEpoch(cutMs: bigint): void {
    if (cutMs > this.#closedMs) this.#closedMs = cutMs
    for (const [asset, offers] of this.#locking) {
      for (const offer of offers)
        if (offer.sold > 0 || offer.isWithdrawn || this.#closedMs > offer.body.expiresMs) offers.delete(offer)
      if (offers.size === 0) this.#locking.delete(asset)
    }
  }
}

/** Why not, or settled. */
function statusOf(
  { body, seller, sold }: Offer,
  owners: ReadonlyMap<string, number>,
  balance: bigint,
): SaleRow['status'] {
  const copies = body.licence[0]?.copies ?? 1
  if (copies !== 0 && sold >= copies) return 'taken'
  if (body.kind === 'licence' && !owners.has(seller)) return 'lapsed'
  return balance < body.price ? 'unfunded' : 'settled'
}

/** As if it had been granted where it was accepted. */
function boughtTerms(
  asset: string,
  buyer: string,
  { uses, fromMs, untilMs, durationMs, priceList, royaltyParts, coversFromEpoch }: LicenceTerms,
  atMs: bigint,
): Terms {
  const until = durationMs === 0n ? untilMs : atMs + durationMs
  return { asset, licensee: fromHex(buyer), uses, fromMs, untilMs: until, priceList, royaltyParts, coversFromEpoch }
}

/** By their parts, ascending by account. */
function overOwners(price: bigint, owners: ReadonlyMap<string, number>): Map<string, bigint> {
  const ascending = [...owners].sort(([a], [b]) => compareText(a, b))
  const amounts = apportion(
    price,
    ascending.map(([, parts]) => BigInt(parts)),
  )
  return new Map(ascending.map(([account], index) => [account, amounts[index]!]))
}
