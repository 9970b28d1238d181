import { addScore, mulDiv, type Scores } from './arithmetic.ts'
import { ilog2Q16 } from './ilog2.ts'
import type { ContributorOf } from './suffix-vote.ts'

/** A document that counts. */
export interface Bm25Document {
  readonly document: number
  /** From 1, without separators. */
  readonly tokens: Int32Array
}

/**
 * BM25 (Robertson et al. 1994) in whole numbers, k1 1.2 and b .75: docs/text.md. Where contributors are told apart, each of them is one
 * text for it, and what that text gets is divided over its documents by their own BM25: so cutting a document gains nothing.
 */
export class Bm25 {
  readonly #documents: Postings
  readonly #contributors: Postings | undefined
  readonly #contributorOf: ContributorOf

  constructor(documents: readonly Bm25Document[], contributorOf?: ContributorOf) {
    this.#documents = new Postings(documents)
    this.#contributorOf = contributorOf
    if (contributorOf === undefined) return
    const texts = new Map<number, Int32Array[]>()
    for (const { document, tokens } of documents) {
      const text = texts.get(contributorOf(document))
      if (text === undefined) texts.set(contributorOf(document), [tokens])
      else text.push(tokens)
    }
    this.#contributors = new Postings([...texts].map(([document, parts]) => ({ document, tokens: joined(parts) })))
  }

  /** @param output tokens as `Dictionary.lookUp` gives them; a token that stands there twice counts twice */
  score(output: Int32Array): Scores {
    const scores = this.#documents.score(output)
    if (this.#contributors === undefined) return scores
    const texts = this.#contributors.score(output)
    const sums: Scores = new Map()
    for (const [document, score] of scores) addScore(sums, this.#contributorOf!(document), score)
    const divided: Scores = new Map()
    for (const [document, score] of scores) {
      const contributor = this.#contributorOf!(document)
      addScore(divided, document, mulDiv(texts.get(contributor) ?? 0, score, sums.get(contributor)!))
    }
    return divided
  }
}

/** Of each word the documents that have it, and how often: 8 bytes each. */
class Postings {
  readonly #numbers: Int32Array
  /** 300 + ⌊900 · length · documents / all tokens⌋ of each. */
  readonly #norms: Float64Array
  /** By word: where its documents begin. */
  readonly #starts: Int32Array
  readonly #places: Int32Array
  readonly #counts: Int32Array

  constructor(documents: readonly Bm25Document[]) {
    const total = documents.reduce((sum, { tokens }) => sum + tokens.length, 0)
    this.#numbers = Int32Array.from(documents, ({ document }) => document)
    this.#norms = Float64Array.from(
      documents,
      ({ tokens }) => 300 + mulDiv(900 * tokens.length, documents.length, Math.max(1, total)),
    )
    const greatest = documents.reduce((most, { tokens }) => tokens.reduce((a, b) => (a > b ? a : b), most), 0)
    const frequencies = documentFrequencies(documents, greatest)
    this.#starts = new Int32Array(greatest + 2)
    for (let word = 0; word <= greatest; word++) this.#starts[word + 1] = this.#starts[word]! + frequencies[word]!
    this.#places = new Int32Array(this.#starts.at(-1)!)
    this.#counts = new Int32Array(this.#starts.at(-1)!)
    this.#fill(documents)
  }

  score(output: Int32Array): Scores {
    const [starts, places, counts, norms] = [this.#starts, this.#places, this.#counts, this.#norms]
    const sums = new Float64Array(this.#numbers.length)
    for (const [word, times] of timesOf(output)) {
      const from = starts[word] ?? 0
      const to = starts[word + 1] ?? 0
      if (to <= from) continue
      const information = ilog2Q16(2 * sums.length + 2) - ilog2Q16(2 * (to - from) + 1)
      for (let at = from; at < to; at++) {
        const place = places[at]!
        const count = counts[at]!
        sums[place]! += times * mulDiv(information * 2200, count, count * 1000 + norms[place]!)
      }
    }
    const scores: Scores = new Map()
    for (let place = 0; place < sums.length; place++) addScore(scores, this.#numbers[place]!, sums[place]!)
    return scores
  }

  #fill(documents: readonly Bm25Document[]): void {
    const next = this.#starts.slice()
    const lastPlace = new Int32Array(this.#starts.length).fill(-1)
    for (const [place, { tokens }] of documents.entries())
      for (const word of tokens) {
        if (lastPlace[word] !== place) {
          lastPlace[word] = place
          this.#places[next[word]!] = place
          next[word]!++
        }
        this.#counts[next[word]! - 1]!++
      }
  }
}

function documentFrequencies(documents: readonly Bm25Document[], greatest: number): Int32Array {
  const frequencies = new Int32Array(greatest + 1)
  const lastPlace = new Int32Array(greatest + 1).fill(-1)
  for (const [place, { tokens }] of documents.entries())
    for (const word of tokens)
      if (lastPlace[word] !== place) {
        lastPlace[word] = place
        frequencies[word]!++
      }
  return frequencies
}

function timesOf(output: Int32Array): Map<number, number> {
  const times = new Map<number, number>()
  for (const word of output) if (word > 0) times.set(word, (times.get(word) ?? 0) + 1)
  return times
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
