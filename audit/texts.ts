import type { EventBodies } from '../schemas/events.ts'
import { TEXT_TOKEN_BYTES } from '../schemas/limits.ts'
import type { AcceptedBatch } from './contributions.ts'

/** The text of one item, as an accepted record tells it. */
export interface ItemText {
  readonly batch: AcceptedBatch
  readonly index: number
  /** Numbers of its tokens, equal for equal ones; undefined: the record was erased. */
  readonly tokens: Int32Array | undefined
  /** Signature of text/shingles@1; empty when the record was erased. */
  readonly shingles: Uint32Array
}

/** The text of an output. */
export interface OutputText {
  readonly textMap: string
  readonly tokens: Int32Array
  /** In which it was accepted. */
  readonly epoch: number
}

const NOTHING = new Uint32Array(0)

/** What was accepted of texts: maps, items and outputs, four bytes a token. */
export class KnownTexts {
  readonly #maps = new Map<string, EventBodies['TextMapPublished']>()
  readonly #models = new Set<string>()
  /** By text map. */
  readonly #items = new Map<string, { readonly all: ItemText[]; readonly places: Set<string> }>()
  /** By entry of the use in `ids` of the history. */
  readonly #outputs = new Map<number, OutputText>()
  readonly #numbers = new Map<bigint, number>()

  /** One more than the greatest number of a token. */
  get tokens(): number {
    return this.#numbers.size
  }

  addMap(body: EventBodies['TextMapPublished']): void {
    this.#maps.set(body.textMap, body)
    this.#models.add(body.model)
  }

  map(textMap: string): EventBodies['TextMapPublished'] | undefined {
    return this.#maps.get(textMap)
  }

  hasMapOf(model: string): boolean {
    return this.#models.has(model)
  }

  /** @param batchNumber of the item's batch, as the history counts them */
  addItem(body: EventBodies['ContributionText'], batchNumber: number, batch: AcceptedBatch): void {
    const { textMap, index } = body
    const shingles = entriesOf(body.shingles)
    this.#add(textMap, batchNumber, { batch, index, tokens: this.#numbered(body.tokens), shingles })
  }

  /** That an item had a text is all that is known of it. */
  addErasedItem(textMap: string, batchNumber: number, batch: AcceptedBatch, index: number): void {
    this.#add(textMap, batchNumber, { batch, index, tokens: undefined, shingles: NOTHING })
  }

  hasItem(textMap: string, batchNumber: number, index: number): boolean {
    return this.#items.get(textMap)?.places.has(`${batchNumber}/${index}`) === true
  }

  /** In the order in which they were accepted. */
  itemsOf(textMap: string): readonly ItemText[] {
    return this.#items.get(textMap)?.all ?? []
  }

  /** @param use entry of the use in `ids` of the history */
  addOutput(body: EventBodies['InferenceText'], use: number, epoch: number): void {
    this.#outputs.set(use, { textMap: body.textMap, tokens: this.#numbered(body.tokens), epoch })
  }

  outputOf(use: number): OutputText | undefined {
    return this.#outputs.get(use)
  }

  #add(textMap: string, batchNumber: number, item: ItemText): void {
    const known = this.#items.get(textMap) ?? { all: [], places: new Set<string>() }
    this.#items.set(textMap, known)
    known.all.push(item)
    known.places.add(`${batchNumber}/${item.index}`)
  }

  #numbered(tokens: Uint8Array): Int32Array {
    const bytes = Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength)
    return Int32Array.from({ length: bytes.length / TEXT_TOKEN_BYTES }, (_, at) => {
      const token = bytes.readBigUInt64BE(at * TEXT_TOKEN_BYTES)
      const number = this.#numbers.get(token) ?? this.#numbers.size
      if (number === this.#numbers.size) this.#numbers.set(token, number)
      return number
    })
  }
}

function entriesOf(shingles: Uint8Array): Uint32Array {
  const bytes = Buffer.from(shingles.buffer, shingles.byteOffset, shingles.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4))
}
