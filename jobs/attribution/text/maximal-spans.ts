import { Matches } from './matches.ts'
import type { Shard } from './shard.ts'

/** A shorter match says nothing of where it comes from. */
const SPAN_TOKENS_MIN = 2

/** Tokens start … end − 1 of an output, and how often they stand in all documents in this order. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly count: number
}

/** Of a document, the token indices at which a span begins, ascending. */
export interface Positions {
  readonly document: number
  readonly positions: readonly number[]
}

/** An output, looked up in all shards of a corpus. */
export class SpanSearch {
  readonly #shards: readonly { readonly shard: Shard; readonly matches: Matches }[]
  readonly #length: number

  /** @param output tokens as `Dictionary.lookUp` gives them */
  constructor(shards: readonly Shard[], output: Int32Array) {
    this.#shards = shards.map((shard) => ({ shard, matches: new Matches(shard, output) }))
    this.#length = output.length
  }

  /**
   * The maximal spans: of at least two tokens, found word for word in a document, and not so any more when the token of the
   * output before or behind is taken in. In order of their starts, and so of their ends.
   */
  spans(): Span[] {
    const ends = new Int32Array(this.#length)
    for (const { matches } of this.#shards)
      for (const [start, end] of matches.ends().entries()) if (end > ends[start]!) ends[start] = end
    const spans: Span[] = []
    let covered = 0
    for (const [start, end] of ends.entries()) {
      if (end > covered && end - start >= SPAN_TOKENS_MIN) spans.push({ start, end, count: this.#count(start, end) })
      covered = Math.max(covered, end)
    }
    return spans
  }

  /** Every place at which a span stands, by number of the document. Takes time and memory for all of them: `count` says how many. */
  places({ start, end }: Span): Positions[] {
    const byDocument = new Map<number, number[]>()
    for (const { shard, matches } of this.#shards)
      shard.eachPlace(matches.find(start, end).range, (place, at) => {
        const document = shard.documents[place]!
        const positions = byDocument.get(document)
        if (positions === undefined) byDocument.set(document, [at])
        else positions.push(at)
      })
    return [...byDocument]
      .sort(([a], [b]) => a - b)
      .map(([document, positions]) => ({ document, positions: positions.sort((a, b) => a - b) }))
  }

  #count(start: number, end: number): number {
    return this.#shards.reduce((sum, { matches }) => sum + matches.find(start, end).count, 0)
  }
}
