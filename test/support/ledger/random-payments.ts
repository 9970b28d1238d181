import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../../schemas/ids.ts'
import type { Happening, PaymentsOracle, Rule, Use } from '../../oracle/economy/payments.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import type { Random } from './random-features.ts'
import { hashOf, type Records } from './records.ts'

/** Of their own: the vouchers of a small ledger's founding are for other ones. */
export const MODELS = ['model-a', 'model-b'] as const
const PAYERS: readonly Name[] = ['payer', 'partner', 'stranger']
const TOKENS = [TOKEN, OTHER_TOKEN] as const
const UNITS = ['calls', 'tokens'] as const
const LISTS = ['list-0', 'list-1', 'list-2', 'list-3'] as const
const QUOTES = 12

/** Payments of random payers: deposits, vouchers (stale, replayed, foreign), price lists, uses priced well and badly, quotes. */
export class RandomPayments {
  readonly #random: Random
  readonly #records: Records
  readonly #oracle: PaymentsOracle
  #made = 0

  constructor(records: Records, random: Random, oracle: PaymentsOracle) {
    this.#records = records
    this.#random = random
    this.#oracle = oracle
  }

  /** Something that may happen, as the oracle understands it. @param atMs when it will be appended */
  next(epoch: number, atMs: bigint): Happening {
    const kind = this.#random(20)
    // Promises run out more often than deposits do.
    if (kind < 2)
      return { kind: 'deposit', payer: this.#payer(), token: this.#mostly(TOKENS), amount: this.#amount() * 8n }
    if (kind < 6) return this.#voucher()
    if (kind < 7) return this.#list(atMs)
    return this.#use(epoch, atMs)
  }

  /** The record of it, under an id of its own. */
  async recordOf(what: Happening): Promise<OutgoingRecord> {
    const id = `${what.kind}-${this.#made++}`
    const token = fromHex(what.token)
    if (what.kind === 'deposit')
      return this.#records.deposit(what.payer as Name, what.amount, {
        id,
        body: { token, transactionHash: hashOf(id) },
      })
    const { model } = what
    if (what.kind === 'voucher')
      return this.#records.voucher(what.payer as Name, what, { id, by: what.signer as Name, body: { model, token } })
    if (what.kind === 'list') return this.#records.priceList(what.list, [...what.rules], { id, body: { model, token } })
    return this.#useRecord(id, what)
  }

  async #useRecord(id: string, use: Use): Promise<OutgoingRecord> {
    const { model, voucher, list: priceList, commercial, units, quote } = use
    const body = { model, token: fromHex(use.token), voucher, priceList, commercial, units: [...units] }
    const payer = use.payer as Name
    if (quote === undefined) return this.#records.inference(id, use.fee, { payer, body })
    const { signed, expiresMs } = quote
    const quoteId = hashOf(quote.id).subarray(0, 16)
    if (signed === undefined)
      return this.#records.quoted(id, use.fee, { quoteId, expiresMs, by: 'copier' }, { payer, body })
    const zero = toAddress(`0x${'00'.repeat(20)}`)
    const forWhom = signed.payer === 'anyone' ? zero : addressOf(signed.payer as Name)
    return this.#records.quoted(id, use.fee, { quoteId, expiresMs, fee: signed.fee, payer: forWhom }, { payer, body })
  }

  #voucher(): Happening {
    const payer = this.#payer()
    return {
      kind: 'voucher',
      ...{ payer, model: this.#mostly(MODELS), token: this.#mostly(TOKENS) },
      cumulative: this.#amount(),
      sequence: BigInt(1 + this.#random(6)),
      signer: this.#random(8) === 0 ? this.#pick(PAYERS) : payer,
    }
  }

  #list(atMs: bigint): Happening {
    const rules: Rule[] = []
    for (const unit of UNITS)
      for (const use of ['', 'commercial'])
        for (const fromQuantity of [0n, 10n, 60n]) {
          if (this.#random(4) === 0) continue
          for (const [fromMs, untilMs] of this.#windows(atMs)) {
            const pricePerMillion = BigInt([0, 1, 1_000_000, 1_500_000, 2_999_999][this.#random(5)]!)
            rules.push({ unit, use, fromQuantity, fromMs, untilMs, pricePerMillion })
          }
        }
    const first = { unit: 'calls', use: '', fromQuantity: 0n, fromMs: 0n, untilMs: 0n, pricePerMillion: 1n }
    const place = { list: this.#pick(LISTS), model: this.#mostly(MODELS), token: this.#mostly(TOKENS) }
    return { kind: 'list', ...place, rules: rules.length === 0 ? [first] : rules }
  }

  /** Mostly for ever; else up to an instant of this or the next epoch, from it on, or both. */
  #windows(atMs: bigint): readonly (readonly [fromMs: bigint, untilMs: bigint])[] {
    const middle = atMs + BigInt(this.#random(400_000)) - 100_000n
    const [before, after] = [[0n, middle] as const, [middle, 0n] as const]
    return [[[0n, 0n] as const], [before], [after], [before, after]][Math.max(0, this.#random(6) - 2)]!
  }

  #use(epoch: number, atMs: bigint): Use {
    const plain = {
      ...{ kind: 'use' as const, payer: this.#payer(), model: this.#mostly(MODELS), token: this.#mostly(TOKENS) },
      ...{ fee: this.#amount() / 2n, voucher: BigInt(this.#random(4)), list: '', commercial: this.#random(4) === 0 },
      units: UNITS.filter(() => this.#random(2) === 0).map((unit) => ({ unit, quantity: BigInt(this.#random(40)) })),
      quote: undefined,
    }
    const kind = this.#random(10)
    if (kind < 4) return plain
    if (kind < 8) return this.#priced(plain, epoch, atMs)
    return this.#quoted(kind === 8 ? plain : { ...plain, list: this.#pick(LISTS) }, atMs)
  }

  /** By a list that is known, mostly for its own model and token and at its price. */
  #priced(use: Use, epoch: number, atMs: bigint): Use {
    const lists = this.#oracle.entries.map(({ what }) => what).filter((what) => what.kind === 'list')
    const list = lists[this.#random(lists.length)]
    if (list === undefined || this.#random(12) === 0) return { ...use, list: this.#pick(LISTS) }
    const own = { ...use, list: list.list, model: list.model, token: list.token }
    const price = this.#oracle.priceOf(own, list.rules, epoch, atMs) ?? own.fee
    return { ...own, fee: price + (this.#random(10) === 0 ? 1n : 0n) }
  }

  #quoted(use: Use, atMs: bigint): Use {
    const fee = use.fee + (this.#random(8) === 0 ? 1n : 0n)
    const payer = [use.payer, 'anyone', this.#pick(PAYERS)][this.#random(3)]!
    return {
      ...use,
      quote: {
        id: `quote-${this.#random(QUOTES)}`,
        expiresMs: atMs + BigInt(this.#random(5)) - 1n,
        signed: this.#random(8) === 0 ? undefined : { fee, payer },
      },
    }
  }

  #payer(): Name {
    return this.#mostly(PAYERS)
  }

  /** The first one two times of three, so that much happens to one channel. */
  #mostly<Value>(values: readonly Value[]): Value {
    return this.#random(3) > 0 ? values[0]! : this.#pick(values)
  }

  /** Small ones, so that balances and promises run out now and then. */
  #amount(): bigint {
    return BigInt([0, this.#random(50), this.#random(500), this.#random(5_000)][this.#random(4)]!)
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random(values.length)]!
  }
}
