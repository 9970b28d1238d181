import { divide } from './hamilton.ts'

/**
 * A market of shares as docs/formats.md tells it, in the plainest way there is: everything that ever happened lies in one array,
 * and every question is answered by walking through it again. It shares no code with what it is held against.
 */

export type Happening =
  | { readonly kind: 'deposit'; readonly payer: string; readonly token: string; readonly amount: bigint }
  | {
      readonly kind: 'transfer'
      readonly asset: string
      readonly from: string
      readonly to: string
      readonly parts: number
    }
  | Offer
  | { readonly kind: 'withdrawal'; readonly offer: string; readonly by: string }
  | {
      readonly kind: 'acceptance'
      readonly offer: string
      readonly buyer: string
      /** Who signed it. */
      readonly by: string
      /** Of the offer that the buyer has seen. */
      readonly version: number
    }
  | Use

interface Offer {
  readonly kind: 'offer'
  readonly offer: string
  readonly asset: string
  readonly seller: string
  readonly parts: number
  readonly token: string
  readonly price: bigint
  /** Undefined: anyone. */
  readonly buyer: string | undefined
  readonly expiresMs: bigint
  /** Of several offers of one id, which. */
  readonly version: number
}

/** Of a model and the machines it ran on; a voucher covers its fee. */
interface Use {
  readonly kind: 'use'
  readonly payer: string
  readonly token: string
  readonly model: string
  readonly host: string
  readonly fee: bigint
}

/** Ascending: what comes before what. */
export type AcceptPlace = readonly (bigint | number | string)[]

interface Entry {
  readonly epoch: number
  readonly atMs: bigint
  readonly place: AcceptPlace
  readonly what: Happening
  outcome: string
  /** Of an accepted acceptance or use, once its epoch is settled. */
  status?: string
}

type Accepted<Kind extends Happening['kind']> = Entry & { readonly what: Extract<Happening, { kind: Kind }> }
export type Tables = ReadonlyMap<string, ReadonlyMap<string, number>>

/** What a policy gives to whom, in millionths; nobody else is paid here. */
export interface Split {
  readonly data: number
  readonly model: number
  readonly host: number
  readonly treasury: number
}

export class MarketOracle {
  /** In accept order, within an epoch once it is settled. */
  entries: Entry[] = []
  readonly #first: Tables
  readonly #cutMs = new Map<number, bigint>()

  /** @param first who owns what before anything happens */
  constructor(first: Tables) {
    this.#first = first
  }

  add(epoch: number, atMs: bigint, place: AcceptPlace, what: Happening): Entry {
    const entry = { epoch, atMs, place, what, outcome: 'undecided' }
    this.entries.push(entry)
    return entry
  }

  settle(epoch: number, cutMs: bigint): void {
    this.entries.sort((a, b) => a.epoch - b.epoch || comparePlaces(a.place, b.place))
    for (const entry of this.entries) if (entry.epoch === epoch) entry.outcome = this.#decide(entry)
    for (const entry of this.entries)
      if (entry.epoch === epoch && entry.outcome === 'accepted') {
        const status = this.#statusOf(entry)
        if (status !== undefined) entry.status = status
      }
    this.#cutMs.set(epoch, cutMs)
  }

  #before<Kind extends Happening['kind']>(entry: Entry | undefined, kind: Kind): Accepted<Kind>[] {
    const until = entry === undefined ? this.entries.length : this.entries.indexOf(entry)
    return this.entries.slice(0, until).filter((each): each is Accepted<Kind> => {
      return each.what.kind === kind && each.outcome === 'accepted'
    })
  }

  #decide(entry: Entry): string {
    const { what } = entry
    if (what.kind === 'transfer')
      return this.#free(entry, what.asset, what.from) < what.parts ? 'SHARES_NOT_OWNED' : 'accepted'
    if (what.kind === 'offer') {
      if (this.#offer(entry, what.offer) !== undefined) return 'OFFER_EXISTS'
      if (this.#isOver(what, entry)) return 'OFFER_EXPIRED'
      return this.#free(entry, what.asset, what.seller) < what.parts ? 'SHARES_NOT_OWNED' : 'accepted'
    }
    if (what.kind !== 'withdrawal' && what.kind !== 'acceptance') return 'accepted'
    const offer = this.#offer(entry, what.offer)
    if (offer === undefined) return 'OFFER_UNKNOWN'
    if (this.#before(entry, 'withdrawal').some((each) => each.what.offer === what.offer)) return 'OFFER_WITHDRAWN'
    if (this.#isOver(offer.what, entry)) return 'OFFER_EXPIRED'
    if (what.kind === 'withdrawal') return what.by === offer.what.seller ? 'accepted' : 'SIGNATURE_INVALID'
    if (offer.what.version !== what.version) return 'OFFER_MISMATCH'
    if (offer.what.buyer !== undefined && offer.what.buyer !== what.buyer) return 'NOT_THE_BUYER'
    if (offer.what.seller === what.buyer) return 'BUYER_IS_SELLER'
    return what.by === what.buyer ? 'accepted' : 'SIGNATURE_INVALID'
  }

  #offer(entry: Entry, id: string): Accepted<'offer'> | undefined {
    return this.#before(entry, 'offer').find(({ what }) => what.offer === id)
  }

  #isOver({ expiresMs }: Offer, { epoch, atMs }: Entry): boolean {
    return expiresMs < atMs || [...this.#cutMs].some(([cut, ms]) => cut < epoch && expiresMs < ms)
  }

  /** What an account may give away: what it owns, but for sales of the same epoch, less what offers hold. */
  #free(entry: Entry, asset: string, account: string): number {
    const owned = this.tableAt(asset, entry, entry.epoch).get(account) ?? 0
    const locking = this.#before(entry, 'offer').filter((offer) => {
      const { what } = offer
      return what.asset === asset && what.seller === account && !this.#hasEndedBefore(entry.epoch, offer)
    })
    return locking.reduce((left, { what }) => left - what.parts, owned)
  }

  #hasEndedBefore(epoch: number, { what: { offer, expiresMs } }: Accepted<'offer'>): boolean {
    const isGone = (each: Accepted<'acceptance' | 'withdrawal'>) => each.epoch < epoch && each.what.offer === offer
    return (
      this.#before(undefined, 'withdrawal').some(isGone) ||
      this.#before(undefined, 'acceptance').some((each) => isGone(each) && each.status === 'settled') ||
      [...this.#cutMs].some(([cut, ms]) => cut < epoch && expiresMs < ms)
    )
  }

  #statusOf(entry: Entry): string | undefined {
    const { what } = entry
    if (what.kind === 'use') {
      const isPaid = what.fee > 0n && what.fee <= this.balanceOf(what.payer, what.token, entry)
      return isPaid ? 'funded' : 'unfunded'
    }
    if (what.kind !== 'acceptance') return undefined
    const isTaken = this.#before(entry, 'acceptance').some(
      (each) => each.what.offer === what.offer && each.status === 'settled',
    )
    if (isTaken) return 'taken'
    const offer = this.#offer(entry, what.offer)!.what
    return offer.price <= this.balanceOf(what.buyer, offer.token, entry) ? 'settled' : 'unfunded'
  }

  /** All that was paid in up to the end of the epoch, less all that was taken so far. @param at undefined: at the end */
  balanceOf(account: string, token: string, at?: Entry): bigint {
    let balance = 0n
    for (const { epoch, what } of this.#before(undefined, 'deposit'))
      if ((at === undefined || epoch <= at.epoch) && what.payer === account && what.token === token)
        balance += what.amount
    for (const { what, status } of this.#before(at, 'use'))
      if (status === 'funded' && what.payer === account && what.token === token) balance -= what.fee
    for (const { what, status } of this.#before(at, 'acceptance')) {
      if (status !== 'settled' || what.buyer !== account) continue
      const offer = this.#before(at, 'offer').find((each) => each.what.offer === what.offer)!.what
      if (offer.token === token) balance -= offer.price
    }
    return balance
  }

  /**
   * Who owns an asset at a place, or in the end.
   *
   * @param epoch with it, only sales of epochs before count
   */
  tableAt(asset: string, at?: Entry, epoch = Number.POSITIVE_INFINITY): Map<string, number> {
    const table = new Map(this.#first.get(asset))
    for (const { from, to, parts } of this.#changes(asset, at, epoch)) {
      table.set(from, (table.get(from) ?? 0) - parts)
      table.set(to, (table.get(to) ?? 0) + parts)
      if (table.get(from) === 0) table.delete(from)
    }
    return table
  }

  #changes(asset: string, at: Entry | undefined, epoch = Number.POSITIVE_INFINITY) {
    const changes: { entry: Entry; from: string; to: string; parts: number }[] = []
    for (const entry of this.entries.slice(0, at === undefined ? undefined : this.entries.indexOf(at))) {
      const { what } = entry
      if (entry.outcome !== 'accepted') continue
      if (what.kind === 'transfer' && what.asset === asset) changes.push({ entry, ...what })
      if (what.kind !== 'acceptance' || entry.status !== 'settled' || entry.epoch >= epoch) continue
      const offer = this.#offer(entry, what.offer)!.what
      if (offer.asset === asset) changes.push({ entry, from: offer.seller, to: what.buyer, parts: offer.parts })
    }
    return changes
  }

  /** Σ of the fees that were taken in the epoch, or of the prices. */
  sumOf(epoch: number, token: string, status: 'funded' | 'settled'): bigint {
    let sum = 0n
    for (const entry of this.entries) {
      if (entry.epoch !== epoch || entry.status !== status) continue
      const paid = entry.what.kind === 'use' ? entry.what : this.#bought(entry)
      if (paid.token === token) sum += 'fee' in paid ? paid.fee : paid.price
    }
    return sum
  }

  #bought(entry: Entry): Offer {
    return this.#offer(entry, (entry as Accepted<'acceptance'>).what.offer)!.what
  }

  /** `account token kind asset` → amount, of sales and of fees but for what data is paid. */
  lines(epoch: number, split: Split, treasury: string, policy: string): Map<string, bigint> {
    const lines = new Map<string, bigint>()
    const add = (account: string, token: string, kind: string, asset: string, amount: bigint) => {
      const key = `${account} ${token} ${kind} ${asset}`
      if (amount > 0n) lines.set(key, (lines.get(key) ?? 0n) + amount)
    }
    const sums = new Map<string, Accepted<'use'>[]>()
    for (const entry of this.entries) {
      if (entry.epoch !== epoch) continue
      if (entry.status === 'settled') {
        const { seller, token, asset, price } = this.#bought(entry)
        add(seller, token, 'sale', asset, price)
      }
      if (entry.status !== 'funded') continue
      const use = entry as Accepted<'use'>
      const key = `${use.what.model} ${use.what.host} ${use.what.token}`
      sums.set(key, [...(sums.get(key) ?? []), use])
    }
    for (const uses of sums.values()) {
      const { model, host, token } = uses[0]!.what
      const fees = uses.reduce((sum, { what }) => sum + what.fee, 0n)
      const parts = [split.data, split.model, 0, 0, split.host, split.treasury].map(BigInt)
      const [, toModel, , , toHost, toTreasury] = divide(fees, parts) as [bigint, ...bigint[]]
      add(treasury, token, 'treasury', policy, toTreasury!)
      for (const [kind, asset, pool] of [
        ['model', model, toModel!],
        ['infrastructure', host, toHost!],
      ] as const)
        for (const [account, amount] of this.#overOwners(asset, uses, pool)) add(account, token, kind, asset, amount)
    }
    return lines
  }

  /** First over the fees that found the same table, then over who stands in it. */
  #overOwners(asset: string, uses: readonly Accepted<'use'>[], pool: bigint): [string, bigint][] {
    const found = new Map<number, { fees: bigint; table: ReadonlyMap<string, number> }>()
    for (const use of uses) {
      const version = this.#changes(asset, use).length
      const own = found.get(version) ?? { fees: 0n, table: this.tableAt(asset, use) }
      found.set(version, { ...own, fees: own.fees + use.what.fee })
    }
    const versions = [...found].sort(([a], [b]) => a - b).map(([, each]) => each)
    const shares = divide(
      pool,
      versions.map(({ fees }) => fees),
    )
    return versions.flatMap(({ table }, index) => {
      const owners = [...table].sort(([a], [b]) => (a < b ? -1 : 1))
      const amounts = divide(
        shares[index]!,
        owners.map(([, parts]) => BigInt(parts)),
      )
      return owners.map(([account], at): [string, bigint] => [account, amounts[at]!])
    })
  }
}

function comparePlaces(a: AcceptPlace, b: AcceptPlace): number {
  for (const [index, own] of a.entries()) {
    const other = b[index]!
    if (own !== other) return own < other ? -1 : 1
  }
  return 0
}
