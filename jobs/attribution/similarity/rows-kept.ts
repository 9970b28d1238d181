import { TooManyRepresentativesError } from './errors.ts'

const BLOCK_ROWS = 4_096

/** Bytes of each representative, in blocks so that growing copies nothing, and the caller's numbers of them. */
export class RowsKept {
  /** So many are kept; row n is the n-th representative. */
  count = 0
  readonly #measure: string
  readonly #width: number
  readonly #rowsMax: number
  readonly #blocks: Uint8Array[] = []
  readonly #items: Uint32Array[] = []

  constructor(measure: string, width: number, rowsMax: number) {
    this.#measure = measure
    this.#width = width
    this.#rowsMax = rowsMax
  }

  /** @throws TooManyRepresentativesError */
  add(item: number, bytes: Uint8Array): number {
    const row = this.count
    if (row >= this.#rowsMax)
      throw new TooManyRepresentativesError({ measure: this.#measure, representativesMax: this.#rowsMax })
    if (row % BLOCK_ROWS === 0) {
      this.#blocks.push(new Uint8Array(BLOCK_ROWS * this.#width))
      this.#items.push(new Uint32Array(BLOCK_ROWS))
    }
    this.blockOf(row).set(bytes, this.startOf(row))
    this.#items[Math.floor(row / BLOCK_ROWS)]![row % BLOCK_ROWS] = item
    this.count++
    return row
  }

  itemOf(row: number): number {
    return this.#items[Math.floor(row / BLOCK_ROWS)]![row % BLOCK_ROWS]!
  }

  /** The row's bytes are `width` from {@link startOf} on. */
  blockOf(row: number): Uint8Array {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)]!
  }

  startOf(row: number): number {
    return (row % BLOCK_ROWS) * this.#width
  }
}
