import type { EventBodies } from '../../schemas/events.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { QUOTE_ID_BYTES } from '../../schemas/limits.ts'
import type { UseTerms } from '../payments.ts'
import type { BodyArena } from './body-arena.ts'
import { idKey, KEY_WORDS } from './id-table.ts'
import { numberIn, type Texts } from './text-table.ts'
import type { UsualRecord } from './usual-record.ts'

const WORD_BYTES = 4
/** Words of the body of a use, each number the highest word first; its units and its quote follow. */
const USE = {
  model: 0,
  infrastructure: 1,
  agent: 2,
  payer: 3,
  token: 4,
  fee: 5,
  voucher: 8,
  priceList: 10,
  /** Bit 0: commercial, bit 1: there is a quote, six bits how many units there are, then how many retrieved contributions. */
  terms: 11,
  words: 12,
}
const COMMERCIAL = 1
const QUOTED = 2
const UNITS_SHIFT = 2
const UNITS_MASK = 0x3f
const RETRIEVED_SHIFT = 8
const FEE_WORDS = 3
const FEE_BYTES = FEE_WORDS * WORD_BYTES
/** Words of a unit: its name and the two of the quantity. */
const UNIT = { name: 0, quantity: 1, words: 3 }
/** Words of a retrieved contribution: the key of its batch, its index and its score; behind the units. */
const RETRIEVED = { batch: 0, index: KEY_WORDS, score: KEY_WORDS + 1, words: KEY_WORDS + 2 }
const SIGNATURE_BYTES = 65
/** Bytes of a quote: id, expiry, signature. */
const QUOTE = {
  id: 0,
  expires: QUOTE_ID_BYTES,
  signature: QUOTE_ID_BYTES + 8,
  bytes: QUOTE_ID_BYTES + 8 + SIGNATURE_BYTES,
}
const WORD_VALUES = 2 ** 32

/** A contribution that was retrieved for a use. */
export interface RetrievedItem {
  /** Key of its batch in the ids of the history, whether there is one or not. */
  readonly batch: Uint32Array
  readonly index: number
  readonly score: number
}

const NOTHING: readonly RetrievedItem[] = []

/** What is kept of InferenceRecorded until its epoch is settled: 48 bytes, 12 for each unit, 24 for what was retrieved, 89 for a quote. */
export class UseBody {
  readonly #arena: BodyArena

  constructor(arena: BodyArena) {
    this.#arena = arena
  }

  addUsual(usual: UsualRecord, { names, accounts }: Texts): number {
    const hasQuote = usual.quoteId.length > 0
    const place = this.#allocate({ commercial: usual.commercial, units: usual.units, retrieved: 0, hasQuote })
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    words[at + USE.model] = numberIn(names, usual.name)
    words[at + USE.infrastructure] = numberIn(names, usual.infrastructure)
    words[at + USE.agent] = numberIn(names, usual.agent)
    words[at + USE.payer] = numberIn(accounts, usual.payer)
    words[at + USE.token] = numberIn(accounts, usual.token)
    const { bytes, start, end } = usual.fee
    for (let i = Math.max(start, end - FEE_BYTES); i < end; i++) {
      const fromEnd = end - 1 - i
      words[at + USE.fee + FEE_WORDS - 1 - (fromEnd >> 2)]! |= bytes[i]! << (8 * (fromEnd & 3))
    }
    setLong(words, at + USE.voucher, usual.voucher)
    words[at + USE.priceList] = numberIn(names, usual.priceList)
    for (let unit = 0; unit < usual.units; unit++) {
      const unitAt = at + USE.words + unit * UNIT.words
      words[unitAt + UNIT.name] = numberIn(names, usual.unitNames[unit]!)
      setLong(words, unitAt + UNIT.quantity, usual.quantities[unit]!)
    }
    if (hasQuote) {
      const { quoteId, quoteSignature } = usual
      this.#setQuote(place, {
        quoteId: quoteId.bytes.subarray(quoteId.start, quoteId.end),
        quoteExpiresMs: BigInt(usual.quoteExpiresMs),
        quoteSignature: quoteSignature.bytes.subarray(quoteSignature.start, quoteSignature.end),
      })
    }
    return place
  }

  add(body: EventBodies['InferenceRecorded'], { names, accounts }: Texts): number {
    const { commercial, units, quoteId, retrieved } = body
    const counts = { units: units.length, retrieved: retrieved.length }
    const place = this.#allocate({ commercial, ...counts, hasQuote: quoteId.length > 0 })
    const words = this.#arena.wordsOf(place)
    const at = this.#arena.wordIn(place)
    words[at + USE.model] = names.numberOf(body.model)
    words[at + USE.infrastructure] = names.numberOf(body.infrastructure)
    words[at + USE.agent] = names.numberOf(body.agent)
    words[at + USE.payer] = accounts.numberOf(toHex(body.payer))
    words[at + USE.token] = accounts.numberOf(toHex(body.token))
    for (let word = 0; word < FEE_WORDS; word++)
      words[at + USE.fee + word] = Number(BigInt.asUintN(32, body.fee >> BigInt(32 * (FEE_WORDS - 1 - word))))
    setBigLong(words, at + USE.voucher, body.voucher)
    words[at + USE.priceList] = names.numberOf(body.priceList)
    for (const [index, { unit, quantity }] of units.entries()) {
      const unitAt = at + USE.words + index * UNIT.words
      words[unitAt + UNIT.name] = names.numberOf(unit)
      setBigLong(words, unitAt + UNIT.quantity, quantity)
    }
    for (const [index, item] of retrieved.entries()) {
      const itemAt = at + USE.words + units.length * UNIT.words + index * RETRIEVED.words
      words.set(idKey(item.batchSource, item.batchId), itemAt + RETRIEVED.batch)
      words[itemAt + RETRIEVED.index] = item.index
      words[itemAt + RETRIEVED.score] = item.score
    }
    if (quoteId.length > 0) this.#setQuote(place, body)
    return place
  }

  /** Number of the model's name. */
  model(place: number): number {
    return this.#word(place, USE.model)
  }

  infrastructure(place: number): number {
    return this.#word(place, USE.infrastructure)
  }

  /** Number of the agent's name, which is empty where there was none. */
  agent(place: number): number {
    return this.#word(place, USE.agent)
  }

  payer(place: number): number {
    return this.#word(place, USE.payer)
  }

  token(place: number): number {
    return this.#word(place, USE.token)
  }

  fee(place: number): bigint {
    const [high, middle, low] = [0, 1, 2].map((word) => BigInt(this.#word(place, USE.fee + word)))
    return (high! << 64n) | (middle! << 32n) | low!
  }

  /** Sequence of the voucher that is cited. */
  voucher(place: number): bigint {
    return this.#long(place, USE.voucher)
  }

  /** Number of the price list's name, which is empty where there was none. */
  priceList(place: number): number {
    return this.#word(place, USE.priceList)
  }

  hasQuote(place: number): boolean {
    return (this.#word(place, USE.terms) & QUOTED) !== 0
  }

  /** What was retrieved for it, in rank order; copied. */
  retrieved(place: number): readonly RetrievedItem[] {
    const terms = this.#word(place, USE.terms)
    const count = terms >> RETRIEVED_SHIFT
    if (count === 0) return NOTHING
    const first = USE.words + ((terms >> UNITS_SHIFT) & UNITS_MASK) * UNIT.words
    const words = this.#arena.wordsOf(place)
    return Array.from({ length: count }, (_, index) => {
      const at = this.#arena.wordIn(place) + first + index * RETRIEVED.words
      return {
        batch: words.slice(at, at + KEY_WORDS),
        index: words[at + RETRIEVED.index]!,
        score: words[at + RETRIEVED.score]!,
      }
    })
  }

  /** What a licence looks at. */
  licensing(place: number, { names }: Texts): { readonly commercial: boolean; readonly priceList: string } {
    return {
      commercial: (this.#word(place, USE.terms) & COMMERCIAL) !== 0,
      priceList: names.textOf(this.priceList(place)),
    }
  }

  /** At what price it was used. */
  terms(place: number, { names, accounts }: Texts): UseTerms {
    const terms = this.#word(place, USE.terms)
    const quote = this.hasQuote(place) ? this.#quoteOf(place) : undefined
    const expiresAt = QUOTE.expires
    return {
      model: names.textOf(this.model(place)),
      payer: fromHex(accounts.textOf(this.payer(place))),
      token: fromHex(accounts.textOf(this.token(place))),
      fee: this.fee(place),
      commercial: (terms & COMMERCIAL) !== 0,
      priceList: names.textOf(this.priceList(place)),
      units: Array.from({ length: (terms >> UNITS_SHIFT) & UNITS_MASK }, (_, index) => {
        const at = USE.words + index * UNIT.words
        return {
          unit: names.textOf(this.#word(place, at + UNIT.name)),
          quantity: this.#long(place, at + UNIT.quantity),
        }
      }),
      quoteId: quote?.subarray(QUOTE.id, expiresAt) ?? new Uint8Array(0),
      quoteExpiresMs: quote?.readBigInt64BE(expiresAt) ?? 0n,
      quoteSignature: quote?.subarray(QUOTE.signature, QUOTE.bytes) ?? new Uint8Array(0),
    }
  }

  #allocate(terms: {
    readonly commercial: boolean
    readonly units: number
    readonly retrieved: number
    readonly hasQuote: boolean
  }): number {
    const { commercial, units, retrieved, hasQuote } = terms
    const wordCount = USE.words + units * UNIT.words + retrieved * RETRIEVED.words
    const place = this.#arena.allocate(wordCount * WORD_BYTES + (hasQuote ? QUOTE.bytes : 0))
    const flags = (commercial ? COMMERCIAL : 0) | (hasQuote ? QUOTED : 0)
    this.#arena.wordsOf(place)[this.#arena.wordIn(place) + USE.terms] =
      flags | (units << UNITS_SHIFT) | (retrieved << RETRIEVED_SHIFT)
    return place
  }

  #setQuote(place: number, quote: Pick<UseTerms, 'quoteId' | 'quoteExpiresMs' | 'quoteSignature'>): void {
    const bytes = this.#quoteOf(place)
    bytes.set(quote.quoteId, QUOTE.id)
    bytes.writeBigInt64BE(quote.quoteExpiresMs, QUOTE.expires)
    bytes.set(quote.quoteSignature, QUOTE.signature)
  }

  /** Valid as long as the epoch's records. */
  #quoteOf(place: number): Buffer {
    const terms = this.#word(place, USE.terms)
    const units = (terms >> UNITS_SHIFT) & UNITS_MASK
    const words = USE.words + units * UNIT.words + (terms >> RETRIEVED_SHIFT) * RETRIEVED.words
    const at = this.#arena.byteIn(place) + words * WORD_BYTES
    return this.#arena.slabOf(place).subarray(at, at + QUOTE.bytes)
  }

  #long(place: number, word: number): bigint {
    return (BigInt(this.#word(place, word)) << 32n) | BigInt(this.#word(place, word + 1))
  }

  #word(place: number, word: number): number {
    return this.#arena.wordsOf(place)[this.#arena.wordIn(place) + word]!
  }
}

/** Of a whole number from 0 to 2^53 − 1. */
function setLong(words: Uint32Array, at: number, value: number): void {
  words[at] = Math.floor(value / WORD_VALUES)
  words[at + 1] = value % WORD_VALUES
}

/** Of a whole number from 0 to 2^64 − 1. */
function setBigLong(words: Uint32Array, at: number, value: bigint): void {
  words[at] = Number(value >> 32n)
  words[at + 1] = Number(BigInt.asUintN(32, value))
}
