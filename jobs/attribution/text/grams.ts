import type { Shard } from './shard.ts'

/** Tokens of the longest gram. */
export const GRAM_MAX = 5

/** Every run of 1 to 5 tokens of an output, looked up in a corpus. */
export class Grams {
  readonly #shards: readonly Shard[]
  readonly #counts: Int32Array
  /** First rank and the one behind the last: by shard, start and length. */
  readonly #ranges: readonly Int32Array[]

  /** @param output tokens as `Dictionary.lookUp` gives them */
  constructor(shards: readonly Shard[], output: Int32Array) {
    this.#shards = shards
    this.#counts = new Int32Array(output.length * GRAM_MAX)
    this.#ranges = shards.map((shard) => {
      const ranges = new Int32Array(output.length * GRAM_MAX * 2)
      for (let start = 0; start < output.length; start++) this.#lookUp(shard, output, start, ranges)
      return ranges
    })
  }

  /** How often the `length` tokens that end with token `last` occur. */
  count(last: number, length: number): number {
    return this.#counts[cellOf(last, length)]!
  }

  /** How often each document has them. Takes time for each place: `count` says how many. */
  documents(last: number, length: number): Map<number, number> {
    const found = new Map<number, number>()
    const cell = cellOf(last, length)
    for (const [index, shard] of this.#shards.entries()) {
      const ranges = this.#ranges[index]!
      shard.eachPlace({ from: ranges[2 * cell]!, to: ranges[2 * cell + 1]! }, (place) => {
        const document = shard.documents[place]!
        found.set(document, (found.get(document) ?? 0) + 1)
      })
    }
    return found
  }

  #lookUp(shard: Shard, output: Int32Array, start: number, ranges: Int32Array): void {
    const cursor = shard.cursor()
    for (let length = 1; length <= GRAM_MAX && start + length <= output.length; length++) {
      const { count, range } = cursor.step(output[start + length - 1]!)
      if (count === 0) return
      const cell = start * GRAM_MAX + length - 1
      this.#counts[cell]! += count
      ranges[2 * cell] = range.from
      ranges[2 * cell + 1] = range.to
    }
  }
}

function cellOf(last: number, length: number): number {
  return (last - length + 1) * GRAM_MAX + length - 1
}
