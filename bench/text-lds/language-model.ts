import type { Xoshiro128 } from '../../extractors/random.ts'
import { GRAM_MAX, Grams } from '../../jobs/attribution/text/grams.ts'
import type { Range, Shard } from '../../jobs/attribution/text/shard.ts'
import type { Speeches } from './speeches.ts'

/** Concentration at every level. */
const CONCENTRATION = 256

/**
 * The hierarchical Dirichlet language model (MacKay and Peto 1995) over 5-grams: P_k(w | context) = (C(context w) + α·P_{k−1}(w)) /
 * (C(context) + α), P_0 uniform. Its parameters are counts, so training on other documents is counting in them: exact.
 */
export class LanguageModel {
  readonly #speeches: Speeches
  readonly #shards: readonly Shard[]
  /** Documents of the grams that outputs have in common, by their place in the suffix array. */
  readonly #counts = new Map<string, Int32Array>()

  constructor(speeches: Speeches) {
    this.#speeches = speeches
    this.#shards = [speeches.shard]
  }

  /**
   * Log-likelihood of an output when the model was trained on some of the documents.
   *
   * @param worlds which documents each training has
   * @returns one a world
   */
  logLikelihoods(output: Int32Array, worlds: readonly Uint8Array[]): Float64Array {
    const grams = new Grams(this.#shards, output)
    const sums = new Float64Array(worlds.length)
    const totals = countsIn(
      Int32Array.from(this.#speeches.documents, ({ length }) => length),
      worlds,
    )
    for (let last = 0; last < output.length; last++) {
      const probabilities = new Float64Array(worlds.length).fill(1 / this.#speeches.words)
      for (let length = 1; length <= Math.min(GRAM_MAX, last + 1); length++) {
        const found = this.#countsOf(grams, output, last, length, worlds)
        const contexts = length === 1 ? totals : this.#countsOf(grams, output, last - 1, length - 1, worlds)
        for (let world = 0; world < worlds.length; world++)
          probabilities[world] =
            (found[world]! + CONCENTRATION * probabilities[world]!) / (contexts[world]! + CONCENTRATION)
      }
      for (const [world, probability] of probabilities.entries()) sums[world]! += Math.log(probability)
    }
    return sums
  }

  /** Draws an output from the model that was trained on everything. */
  generate(length: number, random: Xoshiro128): Int32Array {
    const output = new Int32Array(length)
    for (let at = 0; at < length; at++)
      output[at] = this.#next(output.subarray(Math.max(0, at - GRAM_MAX + 1), at), random)
    return output
  }

  /** By the longest context that the draw falls upon: what follows one of its places is a draw from its counts. */
  #next(context: Int32Array, random: Xoshiro128): number {
    const { shard, words } = this.#speeches
    for (let from = 0; from <= context.length; from++) {
      const cursor = shard.cursor()
      for (const token of context.subarray(from)) cursor.step(token)
      const { count, range } = cursor
      if (random.nextInt(count + CONCENTRATION) >= count) continue
      const token = this.#tokenBehind(range, context.length - from, random)
      if (token > 0) return token
    }
    return 1 + random.nextInt(words)
  }

  #tokenBehind({ from, to }: Range, length: number, random: Xoshiro128): number {
    const { tokens, suffixes } = this.#speeches.shard.arrays
    return tokens[suffixes[from + random.nextInt(to - from)]! + length]!
  }

  #countsOf(grams: Grams, output: Int32Array, last: number, length: number, worlds: readonly Uint8Array[]): Int32Array {
    if (grams.count(last, length) === 0) return new Int32Array(worlds.length)
    const key = output.subarray(last - length + 1, last + 1).join()
    const known = this.#counts.get(key)
    if (known?.length === worlds.length) return known
    const byDocument = new Int32Array(this.#speeches.documents.length)
    for (const [document, count] of grams.documents(last, length)) byDocument[document] = count
    const counts = countsIn(byDocument, worlds)
    this.#counts.set(key, counts)
    return counts
  }
}

function countsIn(byDocument: Int32Array, worlds: readonly Uint8Array[]): Int32Array {
  const found = [...byDocument.keys()].filter((document) => byDocument[document]! > 0)
  return Int32Array.from(worlds, (world) => found.reduce((sum, at) => sum + world[at]! * byDocument[at]!, 0))
}
