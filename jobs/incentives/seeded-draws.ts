import { createHash } from 'node:crypto'

/** Whole numbers that follow from a seed and a label alone: SHA-256 of both and a counter. For simulations, never for secrets. */
export class SeededDraws {
  readonly #prefix: string
  #counter = 0
  #words: number[] = []

  constructor(seed: number, label: string) {
    this.#prefix = `tally-incentives/${seed}/${label}/`
  }

  /** Uniform in 0 … n − 1, 1 ≤ n ≤ 2^32, without bias: draws that would favour small results are thrown away. */
  next(n: number): number {
    const limit = 2 ** 32 - (2 ** 32 % n)
    for (;;) {
      const word = this.#nextWord()
      if (word < limit) return word % n
    }
  }

  #nextWord(): number {
    if (this.#words.length === 0) {
      const digest = createHash('sha256')
        .update(`${this.#prefix}${this.#counter++}`)
        .digest()
      this.#words = Array.from({ length: digest.length / 4 }, (_, at) => digest.readUInt32LE(4 * at))
    }
    return this.#words.pop()!
  }
}
