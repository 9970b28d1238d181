import { SEPARATOR } from './dictionary.ts'
import { type SortOptions, sortedSuffixes } from './sort-suffixes.ts'

/** Documents one behind the other, and where everything in them begins, sorted. Never changed once it is made. */
export interface ShardArrays {
  /** Each document's tokens, and a {@link SEPARATOR} behind each. */
  readonly tokens: Int32Array
  /** Places in `tokens` in the order of what begins there. */
  readonly suffixes: Int32Array
  /** Place of each document's first token, and at last the length of `tokens`. */
  readonly starts: Int32Array
}

/** @param documents tokens of each, from 1 */
export async function buildShard(documents: readonly Int32Array[], options: SortOptions = {}): Promise<ShardArrays> {
  const starts = new Int32Array(documents.length + 1)
  for (const [at, { length }] of documents.entries()) starts[at + 1] = starts[at]! + length + 1
  const tokens = new Int32Array(starts.at(-1)!).fill(SEPARATOR)
  for (const [at, document] of documents.entries()) tokens.set(document, starts[at]!)
  return { tokens, suffixes: await sortedSuffixes(tokens, options), starts }
}

/** A shard of a corpus: which documents it holds, and which of them count no more. */
export class Shard {
  /** The corpus's number of each document. */
  readonly documents: Int32Array
  readonly arrays: ShardArrays
  readonly #withdrawn: Uint8Array
  /** The withdrawn documents once more, sorted by themselves: what is counted in them is taken off. */
  #gone: ShardArrays | undefined

  constructor(arrays: ShardArrays, documents: Int32Array) {
    this.arrays = arrays
    this.documents = documents
    this.#withdrawn = new Uint8Array(documents.length)
  }

  /** Tokens without separators, of the documents that count. */
  get liveTokens(): number {
    return tokensIn(this.arrays) - (this.#gone === undefined ? 0 : tokensIn(this.#gone))
  }

  get withdrawnTokens(): number {
    return this.#gone === undefined ? 0 : tokensIn(this.#gone)
  }

  /** Places in {@link documents} of those that were withdrawn. */
  get withdrawn(): number[] {
    return [...this.documents.keys()].filter((place) => this.isWithdrawn(place))
  }

  /** Takes documents out of everything that is counted and found from now on. @param places in {@link documents} */
  async withdraw(places: Iterable<number>): Promise<void> {
    for (const place of places) this.#withdrawn[place] = 1
    const gone = this.withdrawn
    this.#gone = gone.length === 0 ? undefined : await buildShard(gone.map((place) => this.tokensOf(place)))
  }

  /** @param place in {@link documents} */
  isWithdrawn(place: number): boolean {
    return this.#withdrawn[place] === 1
  }

  /** @param place in {@link documents} */
  tokensOf(place: number): Int32Array {
    const { tokens, starts } = this.arrays
    return tokens.subarray(starts[place]!, starts[place + 1]! - 1)
  }

  /** The withdrawn documents alone. */
  get gone(): ShardArrays | undefined {
    return this.#gone
  }

  /** Begins to look for something, token by token. */
  cursor(): Cursor {
    return new Cursor(this.arrays, this.#gone)
  }

  /**
   * Calls `found` with every occurrence of a range that counts, in no order.
   *
   * @param found gets the place in {@link documents} and the index of the occurrence's first token in the document
   */
  eachPlace({ from, to }: Range, found: (place: number, at: number) => void): void {
    const { suffixes, starts } = this.arrays
    for (let rank = from; rank < to; rank++) {
      const at = suffixes[rank]!
      const place = lastAtMost(starts, at)
      if (this.#withdrawn[place] === 0) found(place, at - starts[place]!)
    }
  }
}

/** Suffixes that begin with the same tokens: ranks from … to − 1. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Which suffixes begin with what was stepped through so far, and how many of them count. */
export class Cursor {
  readonly #all: ShardArrays
  readonly #gone: ShardArrays | undefined
  #depth = 0
  #inAll: Range
  #inGone: Range

  constructor(all: ShardArrays, gone: ShardArrays | undefined) {
    this.#all = all
    this.#gone = gone
    this.#inAll = { from: 0, to: all.tokens.length }
    this.#inGone = { from: 0, to: gone?.tokens.length ?? 0 }
  }

  get range(): Range {
    return this.#inAll
  }

  /** How often all that was stepped through occurs in documents that count. */
  get count(): number {
    return this.#inAll.to - this.#inAll.from - (this.#inGone.to - this.#inGone.from)
  }

  /**
   * Goes on by one token.
   *
   * @param token no separator; an unknown word occurs nowhere
   */
  step(token: number): this {
    const depth = this.#depth++
    this.#inAll = narrowed(this.#all, this.#inAll, depth, token)
    if (this.#gone !== undefined) this.#inGone = narrowed(this.#gone, this.#inGone, depth, token)
    return this
  }
}

/** Of suffixes that agree before `depth` those with this token there. */
export function narrowed(arrays: ShardArrays, { from, to }: Range, depth: number, token: number): Range {
  const first = firstAtLeast(arrays, from, to, depth, token)
  return { from: first, to: firstAtLeast(arrays, first, to, depth, token + 1) }
}

/** Of the ranks from … to − 1, whose suffixes agree before `depth`, the first with at least `token` there. */
function firstAtLeast({ tokens, suffixes }: ShardArrays, from: number, to: number, depth: number, token: number) {
  while (from < to) {
    const middle = (from + to) >>> 1
    // No separator was stepped through, so a separator, at least, is in front.
    if (tokens[suffixes[middle]! + depth]! < token) from = middle + 1
    else to = middle
  }
  return from
}

/** @param starts ascending, the first at most `at` */
function lastAtMost(starts: Int32Array, at: number): number {
  let [from, to] = [0, starts.length - 1]
  while (from < to) {
    const middle = (from + to + 1) >>> 1
    if (starts[middle]! <= at) from = middle
    else to = middle - 1
  }
  return from
}

function tokensIn({ tokens, starts }: ShardArrays): number {
  return tokens.length - (starts.length - 1)
}
