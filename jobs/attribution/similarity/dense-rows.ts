import { cosineMillionths, isNear } from './cosine.ts'
import { ContentShapeError } from './errors.ts'
import { DIMENSIONS_MAX, Hyperplanes } from './hyperplanes.ts'
import { RowsKept } from './rows-kept.ts'
import { type Match, MILLION, type Similarity } from './similarity.ts'

/** Thousandths. */
const COSINE_MIN = 994
const REPRESENTATIVES_MAX = 1 << 22
const NOTHING = -1

/**
 * `dense/cosine@1`: rows of signed bytes, as features are, within cosine .994 of one another. Their multipliers do not matter: a
 * scaled copy is a copy. Rows of zeros are all the same.
 */
export class DenseRows implements Similarity<Int8Array> {
  readonly measure = 'dense/cosine@1'
  readonly representativeBytes: number
  readonly #kept: RowsKept
  readonly #planes: Hyperplanes
  readonly #dimensions: number
  /** The earliest row of zeros. */
  #zeros = NOTHING
  #last = new Int8Array()

  /** @param dimensions bytes of a row, 1 … 4,096 */
  constructor(dimensions: number, { representativesMax = REPRESENTATIVES_MAX } = {}) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > DIMENSIONS_MAX)
      throw new ContentShapeError({
        measure: this.measure,
        expected: `rows of 1 to ${DIMENSIONS_MAX} bytes`,
        found: `${dimensions}`,
      })
    this.#dimensions = dimensions
    this.representativeBytes = dimensions + 4 + Hyperplanes.rowBytes
    this.#kept = new RowsKept(this.measure, dimensions, representativesMax)
    this.#planes = new Hyperplanes(dimensions)
  }

  find(vector: Int8Array): Match | undefined {
    this.#check(vector)
    this.#last = vector.slice()
    const own = squareOf(vector)
    if (own === 0) return this.#zeros === NOTHING ? undefined : this.#matchOf(this.#zeros, MILLION)
    let earliest = NOTHING
    let similarity = 0
    this.#planes.search(vector, (row) => {
      if (earliest !== NOTHING && row >= earliest) return true
      const { dot, square } = this.#compare(row)
      if (!isNear(dot, square, own, COSINE_MIN)) return false
      earliest = row
      similarity = cosineMillionths(dot, square, own)
      return true
    })
    return earliest === NOTHING ? undefined : this.#matchOf(earliest, similarity)
  }

  keep(item: number): void {
    const bytes = new Uint8Array(this.#last.buffer, this.#last.byteOffset, this.#last.length)
    const row = this.#kept.add(item, bytes)
    if (squareOf(this.#last) === 0) this.#zeros = row
    else this.#planes.add(row, this.#last)
  }

  /** −128 has no opposite, and no feature row holds it. */
  #check(vector: Int8Array): void {
    if (vector.length === this.#dimensions && !vector.includes(-128)) return
    throw new ContentShapeError({
      measure: this.measure,
      expected: `${this.#dimensions} bytes in [−127, 127]`,
      found: vector.length === this.#dimensions ? '−128' : `${vector.length} bytes`,
    })
  }

  #compare(row: number): { dot: number; square: number } {
    const block = this.#kept.blockOf(row)
    const start = this.#kept.startOf(row)
    let dot = 0
    let square = 0
    for (let at = 0; at < this.#dimensions; at++) {
      const value = (block[start + at]! << 24) >> 24
      dot += value * this.#last[at]!
      square += value * value
    }
    return { dot, square }
  }

  #matchOf(row: number, similarity: number): Match {
    return { representative: this.#kept.itemOf(row), similarity }
  }
}

function squareOf(vector: Int8Array): number {
  let square = 0
  for (const value of vector) square += value * value
  return square
}
