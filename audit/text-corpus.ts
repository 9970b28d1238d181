import { createHash } from 'node:crypto'
import { TEXT_CORPUS_TOKENS_MAX, TEXT_REPRESENTATIVES_MAX } from '../schemas/limits.ts'
import type { History } from './history.ts'
import type { ItemText } from './texts.ts'

const ENTRIES = 128
const AGREEING_MIN = 103
const BAND = 4
const BUCKET_ROWS_MAX = 1_024

/** A text that counts. */
export interface CorpusDocument {
  /** 0x-hex. */
  readonly account: string
  /** Numbers, equal for equal tokens. */
  readonly tokens: Int32Array
}

/** What stands under a text map at the end of what was read of the history. */
export interface TextCorpus {
  readonly documents: readonly CorpusDocument[]
  /** A text that counts was erased by an order of an epoch that was not read: nobody can count with it any more. */
  readonly isIncomplete: boolean
}

/** The documents of docs/text.md#in-a-ledger, out of the accepted records. */
export function corpusOf(history: History, textMap: string): TextCorpus {
  const texts = history.texts
    .itemsOf(textMap)
    .filter(({ batch, index }) => batch.erased?.[index] !== 1)
    .sort(byPriority)
  const kept = new Representatives()
  const documents: CorpusDocument[] = []
  let room = TEXT_CORPUS_TOKENS_MAX
  for (const { batch, index, tokens, shingles } of texts) {
    if (tokens === undefined || !kept.add(tokens, shingles) || batch.withdrawn?.[index] === 1) continue
    room -= tokens.length
    if (room >= 0) documents.push({ account: batch.account, tokens })
  }
  return { documents, isIncomplete: texts.some(({ tokens }) => tokens === undefined) }
}

function byPriority(a: ItemText, b: ItemText): number {
  return a.batch.priority - b.batch.priority || a.batch.rank - b.batch.rank || a.index - b.index
}

/** Texts of which none equals, or is near, one that was there before (docs/similarity.md, `text/shingles@1`). */
class Representatives {
  readonly #equal = new Set<string>()
  readonly #signatures: Uint32Array[] = []
  /** By band and key, the representatives in their order. */
  readonly #buckets = new Map<string, number[]>()

  /** @returns whether it represents from now on */
  add(tokens: Int32Array, shingles: Uint32Array): boolean {
    const bytes = Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength)
    const content = createHash('sha256').update(bytes).digest('base64')
    const keys = Array.from({ length: ENTRIES / BAND }, (_, band) => `${band}/${keyOf(band, shingles)}`)
    if (this.#equal.has(content) || keys.some((key) => this.#isNearOneOf(key, shingles))) return false
    if (this.#signatures.length === TEXT_REPRESENTATIVES_MAX) return false
    this.#equal.add(content)
    const number = this.#signatures.push(shingles) - 1
    for (const key of keys) {
      const rows = this.#buckets.get(key) ?? []
      this.#buckets.set(key, rows)
      if (rows.length < BUCKET_ROWS_MAX) rows.push(number)
    }
    return true
  }

  #isNearOneOf(key: string, shingles: Uint32Array): boolean {
    return (this.#buckets.get(key) ?? []).some((number) => isNear(this.#signatures[number]!, shingles))
  }
}

function isNear(one: Uint32Array, other: Uint32Array): boolean {
  let agreeing = 0
  for (let at = 0; at < ENTRIES; at++) if (one[at] === other[at]) agreeing++
  return agreeing >= AGREEING_MIN
}

/** 32 bits of the four entries of a band. */
function keyOf(band: number, shingles: Uint32Array): number {
  let key = band
  for (const entry of shingles.subarray(band * BAND, (band + 1) * BAND)) key = scrambled(Math.imul(key, 31) ^ entry)
  return key
}

/** The finaliser of MurmurHash3. */
function scrambled(given: number): number {
  let h = given
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
