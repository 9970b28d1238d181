import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tokenise, wordsOf } from '../../../../schemas/text/tokenizer.ts'
import { Dictionary } from '../dictionary.ts'
import { buildShard, Shard } from '../shard.ts'
import { UnknownDocumentError } from './errors.ts'
import { type Manifest, readManifest, writeManifest } from './manifest.ts'
import { isShardName, type OpenedShard, readShard, type SealedShard, sealShard } from './sealed-shard.ts'
import { WordFile } from './word-file.ts'

/** Shards of a size that become one of the next: every token is sorted once for each tier that it rises. */
const SHARDS_OF_A_TIER = 4
/** A shard of which more than an eighth was withdrawn is made anew. */
const WITHDRAWN_SHARE = 8
/** Tokens of the largest tier: what would be larger stays apart. */
const SHARD_TOKENS_MAX = 1 << 26

interface Held {
  readonly sealed: SealedShard
  readonly shard: Shard
}

/**
 * The texts of a corpus in a folder, in sealed shards: appended to, compacted by size, withdrawn from. One process opens it at a time.
 *
 * The manifest decides: it is replaced as a whole when everything that it names has been fsynced. Killed at any instant, the store is
 * what it was before the step or after it, and what is half built is removed by the next {@link open}.
 */
export class TextStore {
  readonly #folder: string
  readonly #dictionary: Dictionary
  readonly #words: WordFile
  readonly #step: (name: string) => void
  #manifest: Manifest
  #held: Held[]

  private constructor(
    folder: string,
    manifest: Manifest,
    dictionary: Dictionary,
    words: WordFile,
    held: Held[],
    step: (name: string) => void,
  ) {
    this.#folder = folder
    this.#manifest = manifest
    this.#dictionary = dictionary
    this.#words = words
    this.#held = held
    this.#step = step
  }

  /**
   * @param step called before everything that is written, with what it is: to see how far it came
   * @throws SealedShardError when a file is not what was written
   */
  static async open(folder: string, step: (name: string) => void = () => undefined): Promise<TextStore> {
    mkdirSync(folder, { recursive: true })
    const manifest = readManifest(folder)
    const named = new Set(manifest.shards.map(({ name }) => name))
    for (const name of readdirSync(folder))
      if (isShardName(name) && !named.has(name)) rmSync(join(folder, name), { recursive: true })
    const { file, words } = WordFile.open(folder, manifest)
    const dictionary = new Dictionary(words)
    const withdrawn = new Set(manifest.withdrawn)
    const held: Held[] = []
    for (const sealed of manifest.shards)
      held.push({ sealed, shard: await opened(readShard(folder, sealed), withdrawn) })
    return new TextStore(folder, manifest, dictionary, file, held, step)
  }

  /** To look words of outputs up in. */
  get dictionary(): Dictionary {
    return this.#dictionary
  }

  /** To search and score against. */
  get shards(): readonly Shard[] {
    return this.#held.map(({ shard }) => shard)
  }

  /** How many documents were ever appended: the next gets this number. */
  get documents(): number {
    return this.#manifest.documents
  }

  /**
   * Adds documents as a shard of their own.
   *
   * @returns their numbers; @throws TextTooLongError, ShardTooLargeError, DictionaryFullError: nothing was added to the store then, which
   * has to be opened anew
   */
  append(texts: readonly string[]): Promise<number[]> {
    return this.appendWords(texts.map((text) => wordsOf(tokenise(text))))
  }

  /** Adds documents that are cut into words already. @throws as {@link append} does */
  async appendWords(documents: readonly (readonly string[])[]): Promise<number[]> {
    const first = this.#manifest.documents
    const numbers = documents.map((_, at) => first + at)
    if (documents.length === 0) return numbers
    const tokens = documents.map((words) => this.#dictionary.encodeWords(words))
    const arrays = await buildShard(tokens)
    // 1. Words first: a killed process leaves words that no manifest counts, which are cut off.
    this.#step('words')
    const written = this.#words.append(this.#dictionary.words.slice(this.#manifest.words))
    // 2. The shard, then 3. the manifest that names both.
    const held = await this.#seal({ arrays, documents: Int32Array.from(numbers) })
    this.#commit([...this.#held, held], {
      words: this.#dictionary.words.length,
      ...written,
      documents: first + documents.length,
    })
    return numbers
  }

  /**
   * Takes documents out of every count, span and score at once; what is on disk of them goes with {@link compact}.
   *
   * @throws UnknownDocumentError; nothing was withdrawn
   */
  async withdraw(documents: readonly number[]): Promise<void> {
    const unknown = documents.find(
      (document) => !(Number.isInteger(document) && document >= 0 && document < this.documents),
    )
    if (unknown !== undefined) throw new UnknownDocumentError({ document: unknown })
    const withdrawn = new Set([...this.#manifest.withdrawn, ...documents])
    // Only of those that are still held: a document that is gone for good needs no mark.
    const marked = this.#held.flatMap(({ shard }) => [...shard.documents].filter((document) => withdrawn.has(document)))
    this.#commit(this.#held, { withdrawn: marked.sort((a, b) => a - b) })
    for (const { shard } of this.#held) {
      const places = [...shard.documents.keys()].filter((place) => withdrawn.has(shard.documents[place]!))
      if (places.some((place) => !shard.isWithdrawn(place))) await shard.withdraw(places)
    }
  }

  /** Makes one shard of four of a size, and those anew of which much was withdrawn, until there are none. @returns shards made */
  async compact(): Promise<number> {
    for (let made = 0; ; made++) {
      const chosen = this.#chooseToMerge()
      if (chosen.length === 0) return made
      await this.#merge(chosen)
    }
  }

  #chooseToMerge(): readonly Held[] {
    const thinned = this.#held.find(({ shard }) => shard.withdrawnTokens * WITHDRAWN_SHARE > shard.arrays.tokens.length)
    if (thinned !== undefined) return [thinned]
    const tiers = new Map<number, Held[]>()
    for (const held of this.#held) {
      const tier = Math.floor(Math.log2(held.sealed.tokens) / Math.log2(SHARDS_OF_A_TIER))
      const of = [...(tiers.get(tier) ?? []), held]
      const size = of.reduce((sum, { sealed }) => sum + sealed.tokens, 0)
      if (of.length === SHARDS_OF_A_TIER && size <= SHARD_TOKENS_MAX) return of
      tiers.set(tier, of)
    }
    return []
  }

  async #merge(chosen: readonly Held[]): Promise<void> {
    const kept = chosen.flatMap(({ shard }) =>
      [...shard.documents.keys()]
        .filter((place) => !shard.isWithdrawn(place))
        .map((place) => ({ number: shard.documents[place]!, tokens: shard.tokensOf(place) })),
    )
    const others = this.#held.filter((held) => !chosen.includes(held))
    const made: Held[] = []
    if (kept.length > 0) {
      const arrays = await buildShard(kept.map(({ tokens }) => tokens))
      made.push(await this.#seal({ arrays, documents: Int32Array.from(kept, ({ number }) => number) }))
    }
    const held = new Set([...others, ...made].flatMap(({ shard }) => [...shard.documents]))
    this.#commit([...others, ...made], { withdrawn: this.#manifest.withdrawn.filter((document) => held.has(document)) })
    // Nothing names them any more; killed before, the next opening removes them.
    for (const { sealed } of chosen) {
      this.#step(`remove ${sealed.name}`)
      rmSync(join(this.#folder, sealed.name), { recursive: true, force: true })
    }
  }

  async #seal(content: OpenedShard): Promise<Held> {
    const name = `shard-${this.#manifest.sealed}`
    this.#step(`seal ${name}`)
    const sealed = sealShard(this.#folder, name, content)
    return { sealed, shard: await opened(content, new Set()) }
  }

  #commit(held: Held[], changed: Partial<Manifest>): void {
    const shards = held.map(({ sealed }) => sealed)
    const sealed = this.#manifest.sealed + shards.filter(({ name }) => !this.#names(name)).length
    const manifest = { ...this.#manifest, ...changed, shards, sealed }
    this.#step('manifest')
    writeManifest(this.#folder, manifest)
    this.#manifest = manifest
    this.#held = held
  }

  #names(name: string): boolean {
    return this.#manifest.shards.some((shard) => shard.name === name)
  }
}

async function opened({ arrays, documents }: OpenedShard, withdrawn: ReadonlySet<number>): Promise<Shard> {
  const shard = new Shard(arrays, documents)
  const places = [...documents.keys()].filter((place) => withdrawn.has(documents[place]!))
  if (places.length > 0) await shard.withdraw(places)
  return shard
}
