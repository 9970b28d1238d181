import { narrowed, type Range, type Shard, type ShardArrays } from './shard.ts'

/** A match that is longer than so many tokens is looked up by windows that double, not token by token. */
const STEPS_MAX = 64
const EMPTY: Range = { from: 0, to: 0 }

/**
 * Where an output stands in a shard, word for word. Whatever the output, its longest matches take time in proportion to its tokens
 * and some logarithms: a match of more than 64 tokens (a copied document, a token repeated over and over) makes tables of the
 * windows of 2, 4, 8 … tokens, a range of the shard's suffixes each.
 */
export class Matches {
  readonly #shard: Shard
  readonly #output: Int32Array
  #windows: { readonly all: Windows; readonly gone: Windows | undefined } | undefined

  /** @param output tokens as `Dictionary.lookUp` gives them */
  constructor(shard: Shard, output: Int32Array) {
    this.#shard = shard
    this.#output = output
  }

  /** Behind the longest match that begins at each token: the token itself where there is none. */
  ends(): Int32Array {
    const ends = new Int32Array(this.#output.length)
    for (let start = 0; start < ends.length; start++) {
      const cursor = this.#shard.cursor()
      let end = start
      while (end < ends.length && end - start <= STEPS_MAX && cursor.step(this.#output[end]!).count > 0) end++
      if (end - start > STEPS_MAX) return this.#endsByWindows()
      ends[start] = end
    }
    return ends
  }

  /** Ranks at which tokens start … end − 1 stand (withdrawn documents with them), and how many of these count. */
  find(start: number, end: number): { readonly range: Range; readonly count: number } {
    if (end - start <= STEPS_MAX) {
      const cursor = this.#shard.cursor()
      for (let at = start; at < end; at++) cursor.step(this.#output[at]!)
      return { range: cursor.range, count: cursor.count }
    }
    const { all, gone } = this.#openWindows()
    const range = all.find(start, end)
    return { range, count: sizeOf(range) - (gone === undefined ? 0 : sizeOf(gone.find(start, end))) }
  }

  #openWindows() {
    const { arrays, gone } = this.#shard
    this.#windows ??= {
      all: new Windows(arrays, this.#output),
      gone: gone === undefined ? undefined : new Windows(gone, this.#output),
    }
    return this.#windows
  }

  #endsByWindows(): Int32Array {
    const { all, gone } = this.#openWindows()
    return Int32Array.from(this.#output, (_, start) => {
      let [length, inAll, inGone] = [0, all.everything, gone?.everything ?? EMPTY]
      for (let level = all.levels - 1; level >= 0; level--) {
        const longer = all.joined(inAll, length, start, level)
        const longerGone = gone === undefined ? EMPTY : gone.joined(inGone, length, start, level)
        if (sizeOf(longer) - sizeOf(longerGone) <= 0) continue
        ;[length, inAll, inGone] = [length + 2 ** level, longer, longerGone]
      }
      return start + length
    })
  }
}

/**
 * Of each window of 2^level tokens of an output the suffixes that begin with it. What begins with two windows in a row stands, among
 * the suffixes that begin with the first, where the ranks of what follows are those of the second: a binary search.
 */
class Windows {
  readonly everything: Range
  readonly #suffixes: Int32Array
  /** Of each place its rank. */
  readonly #ranks: Int32Array
  readonly #from: Int32Array[] = []
  readonly #to: Int32Array[] = []

  constructor(arrays: ShardArrays, output: Int32Array) {
    this.everything = { from: 0, to: arrays.tokens.length }
    this.#suffixes = arrays.suffixes
    this.#ranks = new Int32Array(arrays.suffixes.length)
    for (let rank = 0; rank < arrays.suffixes.length; rank++) this.#ranks[arrays.suffixes[rank]!] = rank
    let isFound = this.#addLevel(output.length, (at) => narrowed(arrays, this.everything, 0, output[at]!))
    for (let level = 0; isFound; level++)
      isFound = this.#addLevel(output.length, (at) => this.joined(this.#window(at, level), 2 ** level, at, level))
  }

  get levels(): number {
    return this.#from.length
  }

  /** Suffixes of `range`, which begin with `length` tokens from `start` on, that go on with the window of 2^level tokens. */
  joined(range: Range, length: number, start: number, level: number): Range {
    if (length === 0) return this.#window(start, level)
    const next = this.#window(start + length, level)
    if (range.from === range.to || next.from === next.to) return EMPTY
    const from = this.#firstFollowed(range, length, next.from)
    return { from, to: this.#firstFollowed({ from, to: range.to }, length, next.to) }
  }

  find(start: number, end: number): Range {
    let [length, range] = [0, this.everything]
    for (let level = this.levels - 1; level >= 0; level--) {
      if (length + 2 ** level > end - start) continue
      range = this.joined(range, length, start, level)
      length += 2 ** level
    }
    return length === end - start ? range : EMPTY
  }

  /** @returns whether any window of the level was found */
  #addLevel(length: number, rangeAt: (at: number) => Range): boolean {
    const [froms, tos] = [new Int32Array(length), new Int32Array(length)]
    let isFound = false
    for (let at = 0; at < length; at++) {
      const { from, to } = rangeAt(at)
      froms[at] = from
      tos[at] = to
      if (to > from) isFound = true
    }
    this.#from.push(froms)
    this.#to.push(tos)
    return isFound
  }

  #window(at: number, level: number): Range {
    return { from: this.#from[level]![at] ?? 0, to: this.#to[level]![at] ?? 0 }
  }

  #firstFollowed({ from, to }: Range, length: number, rank: number): number {
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#ranks[this.#suffixes[middle]! + length]! < rank) from = middle + 1
      else to = middle
    }
    return from
  }
}

function sizeOf({ from, to }: Range): number {
  return to - from
}
