/**
 * Payments as docs/formats.md tells them, in the plainest way there is: everything that ever happened lies in one array, and
 * every question is answered by looking through all of it again. It shares no code with what it is held against.
 */

export interface Rule {
  readonly unit: string
  readonly use: string
  readonly fromQuantity: bigint
  readonly fromMs: bigint
  readonly untilMs: bigint
  readonly pricePerMillion: bigint
}

export type Happening =
  | { readonly kind: 'deposit'; readonly payer: string; readonly token: string; readonly amount: bigint }
  | {
      readonly kind: 'voucher'
      readonly payer: string
      readonly model: string
      readonly token: string
      readonly cumulative: bigint
      readonly sequence: bigint
      readonly signer: string
    }
  | {
      readonly kind: 'list'
      readonly list: string
      readonly model: string
      readonly token: string
      readonly rules: readonly Rule[]
    }
  | Use

export interface Use {
  readonly kind: 'use'
  readonly payer: string
  readonly model: string
  readonly token: string
  readonly fee: bigint
  readonly voucher: bigint
  readonly list: string
  readonly commercial: boolean
  readonly units: readonly { readonly unit: string; readonly quantity: bigint }[]
  readonly quote:
    | {
        readonly id: string
        readonly expiresMs: bigint
        /** What the operator signed; undefined: a stranger signed. */
        readonly signed: { readonly fee: bigint; readonly payer: string } | undefined
      }
    | undefined
}

/** What happened, when, and what the oracle made of it. */
interface Entry {
  readonly epoch: number
  readonly atMs: bigint
  readonly what: Happening
  outcome: string
  /** Of an accepted use, once its epoch is settled. */
  status?: 'funded' | 'unfunded' | 'reported'
}

const ANYONE = 'anyone'

export class PaymentsOracle {
  /** In accept order. */
  readonly entries: Entry[] = []

  /** Notes what was sent; what becomes of it is decided when the epoch ends. */
  add(epoch: number, atMs: bigint, what: Happening): void {
    this.entries.push({ epoch, atMs, what, outcome: 'undecided' })
  }

  /** Lists first, then vouchers, then uses: what a record refers to may stand behind it. */
  settle(epoch: number): void {
    const kinds = ['list', 'deposit', 'voucher', 'use'] as const
    for (const kind of kinds)
      for (const entry of this.entries)
        if (entry.epoch === epoch && entry.what.kind === kind) entry.outcome = this.#decide(entry)
    for (const entry of this.entries)
      if (entry.epoch === epoch && entry.what.kind === 'use' && entry.outcome === 'accepted')
        entry.status = this.#statusOf(entry, entry.what)
  }

  #accepted<Kind extends Happening['kind']>(kind: Kind): (Entry & { what: Extract<Happening, { kind: Kind }> })[] {
    return this.entries.filter(
      (entry): entry is Entry & { what: Extract<Happening, { kind: Kind }> } =>
        entry.what.kind === kind && entry.outcome === 'accepted',
    )
  }

  #decide({ epoch, atMs, what }: Entry): string {
    if (what.kind === 'deposit') return 'accepted'
    if (what.kind === 'list')
      return this.#accepted('list').some((each) => each.what.list === what.list) ? 'PRICE_LIST_EXISTS' : 'accepted'
    if (what.kind === 'voucher') {
      if (what.signer !== what.payer) return 'SIGNATURE_INVALID'
      const isTaken = this.#accepted('voucher').some(
        (each) => isOfChannel(each.what, what) && each.what.sequence === what.sequence,
      )
      return isTaken ? 'VOUCHER_EXISTS' : 'accepted'
    }
    const list = this.#accepted('list').find((each) => each.what.list === what.list)?.what
    if (what.list !== '' && (list === undefined || list.model !== what.model || list.token !== what.token))
      return 'PRICE_LIST_UNKNOWN'
    if (what.quote !== undefined) return this.#decideQuote(what, what.quote, atMs)
    if (list === undefined) return 'accepted'
    const price = this.priceOf(what, list.rules, epoch, atMs)
    if (price === undefined) return 'PRICE_MISSING'
    return price === what.fee ? 'accepted' : 'PRICE_MISMATCH'
  }

  #decideQuote(use: Use, quote: NonNullable<Use['quote']>, atMs: bigint): string {
    if (quote.expiresMs < atMs) return 'QUOTE_EXPIRED'
    if (this.#accepted('use').some((each) => each.what.quote?.id === quote.id)) return 'QUOTE_USED'
    const { signed } = quote
    const isGood = signed?.fee === use.fee && [ANYONE, use.payer].includes(signed.payer)
    return isGood ? 'accepted' : 'QUOTE_INVALID'
  }

  /** Fractions of atoms are rounded up unit by unit. */
  priceOf(use: Use, rules: readonly Rule[], epoch: number, atMs: bigint): bigint | undefined {
    let price = 0n
    for (const { unit, quantity } of use.units) {
      let used = 0n
      for (const earlier of this.#accepted('use'))
        if (earlier.epoch < epoch && earlier.what.payer === use.payer && earlier.what.list === use.list)
          for (const each of earlier.what.units) if (each.unit === unit) used += each.quantity
      const matching = rules.filter(
        (rule) =>
          rule.unit === unit &&
          rule.use === (use.commercial ? 'commercial' : '') &&
          rule.fromMs <= atMs &&
          (rule.untilMs === 0n || rule.untilMs > atMs) &&
          rule.fromQuantity <= used,
      )
      const greatest = matching.reduce((most, rule) => (rule.fromQuantity > most ? rule.fromQuantity : most), -1n)
      const rule = matching.find((each) => each.fromQuantity === greatest)
      if (rule === undefined) return undefined
      const millionths = quantity * rule.pricePerMillion
      let atoms = millionths / 1_000_000n
      while (atoms * 1_000_000n < millionths) atoms += 1n
      price += atoms
    }
    return price
  }

  #statusOf(entry: Entry, use: Use): 'funded' | 'unfunded' | 'reported' {
    const channel = this.channelOf(entry.epoch, use)
    if (use.voucher === 0n || use.voucher > channel.sequence) return 'reported'
    if (channel.spent + use.fee > channel.cumulative) return 'reported'
    if (use.fee === 0n || use.fee > this.balanceOf(entry.epoch, use.payer, use.token)) return 'unfunded'
    return 'funded'
  }

  /** By all vouchers up to the end of the epoch, and all that was taken so far. */
  channelOf(epoch: number, of: ChannelName): { cumulative: bigint; sequence: bigint; spent: bigint } {
    const vouchers = this.#accepted('voucher').filter((each) => each.epoch <= epoch && isOfChannel(each.what, of))
    const largest = (numbers: bigint[]) => numbers.reduce((most, each) => (each > most ? each : most), 0n)
    return {
      cumulative: largest(vouchers.map(({ what }) => what.cumulative)),
      sequence: largest(vouchers.map(({ what }) => what.sequence)),
      spent: this.#taken((use) => isOfChannel(use, of)),
    }
  }

  /** All deposits up to the end of the epoch, less all that was taken so far. */
  balanceOf(epoch: number, payer: string, token: string): bigint {
    let balance = 0n
    for (const { epoch: deposited, what } of this.#accepted('deposit'))
      if (deposited <= epoch && what.payer === payer && what.token === token) balance += what.amount
    return balance - this.#taken((use) => use.payer === payer && use.token === token)
  }

  #taken(matches: (use: Use) => boolean): bigint {
    let sum = 0n
    for (const { what, status } of this.#accepted('use')) if (status === 'funded' && matches(what)) sum += what.fee
    return sum
  }

  /** Every channel that any voucher has opened. */
  channels(): ChannelName[] {
    const found: ChannelName[] = []
    for (const { what } of this.#accepted('voucher'))
      if (!found.some((each) => isOfChannel(each, what))) found.push(what)
    return found
  }

  /** Fees of the epoch with that status in a token. */
  sumOf(epoch: number, token: string, status: Entry['status']): bigint {
    let sum = 0n
    for (const { epoch: own, what, status: found } of this.#accepted('use'))
      if (own === epoch && what.token === token && found === status) sum += what.fee
    return sum
  }
}

interface ChannelName {
  readonly payer: string
  readonly model: string
  readonly token: string
}

function isOfChannel(a: ChannelName, b: ChannelName): boolean {
  return a.payer === b.payer && a.model === b.model && a.token === b.token
}
