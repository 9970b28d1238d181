import type { CorpusDocument } from './text-corpus.ts'

/** Tokens of the longest run that is counted. */
export const RUN_MAX = 5
/** A run in more places is counted and credited to nobody. */
const PLACES_MAX = 10
const ROOT = 0
const NONE = 0

/**
 * Every run of 1 to 5 tokens that some outputs have, as a tree by their tokens, and how often and where documents have it: one pass over
 * the documents, without sorting them.
 */
export class RunTable {
  readonly #tokens: number
  readonly #children = new Map<number, number>()
  readonly #counts: number[] = [0]
  /** Places in the documents, one an occurrence; undefined once there are too many. */
  readonly #places: (number[] | undefined)[] = [[]]
  /** Of single tokens: how often each document has it. */
  readonly #frequencies = new Map<number, Map<number, number>>()
  readonly #nodes = new Map<Int32Array, Int32Array>()

  /** @param tokens one more than the greatest number of a token */
  constructor(tokens: number, outputs: readonly Int32Array[], documents: readonly CorpusDocument[]) {
    this.#tokens = tokens
    for (const output of outputs) this.#nodes.set(output, this.#plant(output))
    for (const [place, document] of documents.entries()) this.#count(document.tokens, place)
  }

  /** How often the `length` tokens of the output that end with its token `last` stand in the documents. */
  count(output: Int32Array, last: number, length: number): number {
    return this.#counts[this.#nodeOf(output, last, length)]!
  }

  /** How often each document has them; undefined where they stand in more than 100 places. */
  places(output: Int32Array, last: number, length: number): Map<number, number> | undefined {
    const places = this.#places[this.#nodeOf(output, last, length)]
    if (places === undefined) return undefined
    const found = new Map<number, number>()
    for (const place of places) found.set(place, (found.get(place) ?? 0) + 1)
    return found
  }

  /** How often each document has a token of an output. */
  frequencies(token: number): ReadonlyMap<number, number> {
    return this.#frequencies.get(token) ?? new Map()
  }

  #nodeOf(output: Int32Array, last: number, length: number): number {
    return this.#nodes.get(output)![(last - length + 1) * RUN_MAX + length - 1]!
  }

  /** @returns by first token and length the number of each run */
  #plant(output: Int32Array): Int32Array {
    const nodes = new Int32Array(output.length * RUN_MAX)
    for (let start = 0; start < output.length; start++) {
      let node = ROOT
      for (let length = 1; length <= RUN_MAX && start + length <= output.length; length++) {
        node = this.#childOf(node, output[start + length - 1]!)
        nodes[start * RUN_MAX + length - 1] = node
      }
    }
    return nodes
  }

  #childOf(node: number, token: number): number {
    const key = node * this.#tokens + token
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const made = this.#counts.push(0) - 1
    this.#places.push([])
    this.#children.set(key, made)
    return made
  }

  #count(tokens: Int32Array, place: number): void {
    for (let start = 0; start < tokens.length; start++) {
      let node = ROOT
      for (let length = 1; length <= RUN_MAX && start + length <= tokens.length; length++) {
        const token = tokens[start + length - 1]!
        node = this.#children.get(node * this.#tokens + token) ?? NONE
        if (node === NONE) break
        this.#found(node, place)
        if (length === 1) this.#foundToken(token, place)
      }
    }
  }

  #found(node: number, place: number): void {
    this.#counts[node]!++
    if (this.#counts[node]! > PLACES_MAX) this.#places[node] = undefined
    else this.#places[node]!.push(place)
  }

  #foundToken(token: number, place: number): void {
    const known = this.#frequencies.get(token) ?? new Map<number, number>()
    this.#frequencies.set(token, known.set(place, (known.get(place) ?? 0) + 1))
  }
}
