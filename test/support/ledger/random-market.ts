import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { Happening } from '../../oracle/economy/market.ts'
import { accountOf, addressOf, type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import { NEVER_MS, type Records } from './records.ts'

const PEOPLE = ['modeller', 'partner', 'host', 'alice', 'bob', 'payer'] as const satisfies readonly Name[]
/** Who has vouchers. */
const PAYERS = ['payer', 'partner'] as const satisfies readonly Name[]
export const ASSETS = ['reader', 'painter', 'gateway'] as const
/** Who has shares to begin with, and so is likely to give or sell some. */
const FIRST_OWNERS = [
  ['reader', 'modeller'],
  ['reader', 'partner'],
  ['painter', 'alice'],
  ['painter', 'bob'],
  ['gateway', 'host'],
] as const
const PARTS = [1, 5_000, 50_000, 166_667, 333_333, 1_000_000] as const
/** From now on: almost at once, within the epoch, within the next one, never. */
const LIFETIMES_MS = [2_500n, 20_000n, 3_700_000n, NEVER_MS] as const
const NAME_OF = new Map(PEOPLE.map((name) => [addressOf(name) as string, name]))

type OfferMade = Extract<Happening, { kind: 'offer' }>

/** What people do in a market of a few shares, at random; most of it is possible, some of it is not. */
export class RandomMarket {
  readonly #records: Records
  readonly #random: (below: number) => number
  readonly #offers: OfferMade[] = []
  #versions = 0
  #uses = 0

  constructor(records: Records, random: (below: number) => number) {
    this.#records = records
    this.#random = random
  }

  next(nowMs: bigint): Happening {
    const choice = this.#random(16)
    if (choice < 2) return { kind: 'deposit', payer: this.#person(), token: this.#token(), amount: this.#amount(800) }
    if (choice < 4) return this.#transfer()
    if (choice < 7) return this.#offer(nowMs)
    if (choice < 8) return this.#withdrawal()
    if (choice < 13) return this.#acceptance()
    const [payer, token] = [addressOf(this.#pick(PAYERS)), this.#token()]
    return {
      kind: 'use',
      payer,
      token,
      model: this.#pick(['reader', 'painter']),
      host: 'gateway',
      fee: this.#amount(90),
    }
  }

  #transfer(): Happening {
    const [asset, from] = this.#share()
    return { kind: 'transfer', asset, from, to: this.#other(from), parts: this.#pick(PARTS) }
  }

  #offer(nowMs: bigint): Happening {
    const [asset, seller] = this.#share()
    const known = this.#random(8) === 0 ? this.#knownOffer() : undefined
    const version = this.#versions++
    const offer: OfferMade = {
      ...{ kind: 'offer', offer: known?.offer ?? `offer-${version}`, asset, seller },
      ...{ parts: this.#pick(PARTS), token: this.#token(), price: this.#amount(120) + 1n },
      buyer: this.#random(3) === 0 ? this.#other(seller) : undefined,
      expiresMs: (nowMs + this.#pick(LIFETIMES_MS)) % NEVER_MS,
      version,
    }
    this.#offers.push(offer)
    return offer
  }

  #withdrawal(): Happening {
    const known = this.#knownOffer()
    const by = known === undefined || this.#random(5) === 0 ? this.#person() : known.seller
    return { kind: 'withdrawal', offer: known?.offer ?? 'offer-nobody-made', by }
  }

  #acceptance(): Happening {
    const known = this.#knownOffer()
    const buyer = known?.buyer === undefined || this.#random(3) === 0 ? this.#person() : known.buyer
    const by = this.#random(12) === 0 ? this.#person() : buyer
    const isMisread = this.#random(8) === 0
    // Of an offer that comes later, if it comes at all.
    const offer = known?.offer ?? `offer-${this.#versions}`
    return { kind: 'acceptance', offer, buyer, by, version: isMisread ? -1 : (known?.version ?? this.#versions) }
  }

  async recordOf(what: Happening): Promise<OutgoingRecord> {
    const records = this.#records
    if (what.kind === 'deposit')
      return records.deposit(nameOf(what.payer), what.amount, { body: { token: fromHex(what.token) } })
    if (what.kind === 'transfer') return records.transfer(what.asset, nameOf(what.from), nameOf(what.to), what.parts)
    if (what.kind === 'offer') return this.#offerRecord(what)
    if (what.kind === 'withdrawal') return records.offerWithdrawn(what.offer, nameOf(what.by))
    if (what.kind === 'acceptance') {
      const terms = records.termsOf(recordIdOf(what.version))
      return records.acceptance(what.offer, nameOf(what.buyer), { by: nameOf(what.by), body: { terms } })
    }
    const body = { model: what.model, infrastructure: what.host, token: fromHex(what.token) }
    return records.inference(`use-${this.#uses++}`, what.fee, { payer: nameOf(what.payer), body })
  }

  #offerRecord({ offer, asset, seller, parts, price, token, buyer, expiresMs, version }: OfferMade) {
    const meant = buyer === undefined ? new Uint8Array(20) : accountOf(nameOf(buyer))
    const change = { id: recordIdOf(version), body: { token: fromHex(token), buyer: meant, expiresMs } }
    return this.#records.offer(offer, asset, nameOf(seller), parts, price, change)
  }

  /** Mostly one of the last. */
  #knownOffer(): OfferMade | undefined {
    if (this.#random(10) === 0) return undefined
    const from = this.#random(3) === 0 ? 0 : Math.max(0, this.#offers.length - 4)
    return this.#offers[from + this.#random(Math.max(1, this.#offers.length - from))]
  }

  #person(): string {
    return addressOf(this.#pick(PEOPLE))
  }

  /** Of somebody who may have it. */
  #share(): [asset: string, account: string] {
    if (this.#random(3) === 0) return [this.#pick(ASSETS), this.#person()]
    const [asset, owner] = this.#pick(FIRST_OWNERS)
    return [asset, addressOf(owner)]
  }

  #other(account: string): string {
    const others = PEOPLE.map((name) => addressOf(name) as string).filter((each) => each !== account)
    return this.#pick(others)
  }

  #token(): string {
    return this.#random(4) === 0 ? OTHER_TOKEN : TOKEN
  }

  #amount(below: number): bigint {
    return BigInt(this.#random(below))
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random(items.length)]!
  }
}

function nameOf(address: string): Name {
  return NAME_OF.get(address)!
}

function recordIdOf(version: number): string {
  return `offer record ${version}`
}
