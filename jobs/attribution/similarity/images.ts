import { cosineMillionths, isNear } from './cosine.ts'
import { ContentShapeError } from './errors.ts'
import { Hyperplanes } from './hyperplanes.ts'
import { type GreyPicture, POOLED, poolAllShifts, SHIFTS, scaled, UNMOVED } from './pooled-picture.ts'
import { RowsKept } from './rows-kept.ts'
import { type Match, MILLION, type Similarity } from './similarity.ts'

/** Thousandths. On digits 990 takes many more of other people's for copies, most of them ones, and catches hardly more. */
const COSINE_MIN = 994
const SIDE_MAX = 1 << 14
const REPRESENTATIVES_MAX = 1 << 22
const NOTHING = -1

/**
 * `image/pooled-cosine@1`: pictures as 2 × 2 means of 28 × 28 greys, less their mean, within cosine .994 of one another when one is
 * moved by at most 2 pixels each way. The best of the 25 is the evidence. Pictures of one grey are all the same.
 */
export class Images implements Similarity<GreyPicture> {
  readonly measure = 'image/pooled-cosine@1'
  readonly representativeBytes = POOLED + 4 + Hyperplanes.rowBytes
  readonly #kept: RowsKept
  readonly #planes = new Hyperplanes(POOLED)
  /** The earliest picture of one grey. */
  #plain = NOTHING
  /** What was last looked for: 25 × 196 bytes, and of each its sum and 196² times its variance. */
  readonly #pooled = new Uint8Array(SHIFTS * POOLED)
  readonly #sums = new Float64Array(SHIFTS)
  readonly #squares = new Float64Array(SHIFTS)
  readonly #centred = new Int16Array(POOLED)

  constructor({ representativesMax = REPRESENTATIVES_MAX } = {}) {
    this.#kept = new RowsKept(this.measure, POOLED, representativesMax)
  }

  find(picture: GreyPicture): Match | undefined {
    this.#check(picture)
    poolAllShifts(scaled(picture), this.#pooled)
    for (let shift = 0; shift < SHIFTS; shift++) this.#measureShift(shift)
    if (this.#squares[UNMOVED] === 0) return this.#matchOf(this.#plain, MILLION)
    let earliest = NOTHING
    for (let shift = 0; shift < SHIFTS; shift++) {
      if (this.#squares[shift] === 0) continue
      this.#planes.search(this.#centre(shift), (row) => {
        if (earliest !== NOTHING && row >= earliest) return true
        if (!this.#isNear(row, shift)) return false
        earliest = row
        return true
      })
    }
    return earliest === NOTHING ? undefined : this.#matchOf(earliest, this.#similarityTo(earliest))
  }

  keep(item: number): void {
    const from = UNMOVED * POOLED
    const row = this.#kept.add(item, this.#pooled.subarray(from, from + POOLED))
    if (this.#squares[UNMOVED] === 0) this.#plain = row
    else this.#planes.add(row, this.#centre(UNMOVED))
  }

  #check({ width, height, grey }: GreyPicture): void {
    const isSide = (side: number) => Number.isInteger(side) && side >= 1 && side <= SIDE_MAX
    if (isSide(width) && isSide(height) && grey.length === width * height) return
    throw new ContentShapeError({
      measure: this.measure,
      expected: `width × height greys with sides of 1 to ${SIDE_MAX}`,
      found: `${grey.length} greys of ${width} × ${height}`,
    })
  }

  #measureShift(shift: number): void {
    let sum = 0
    let squares = 0
    for (let at = shift * POOLED; at < (shift + 1) * POOLED; at++) {
      const grey = this.#pooled[at]!
      sum += grey
      squares += grey * grey
    }
    this.#sums[shift] = sum
    this.#squares[shift] = POOLED * squares - sum * sum
  }

  /** Less the mean rounded down: enough to choose a bucket by. */
  #centre(shift: number): Int16Array {
    const mean = Math.floor(this.#sums[shift]! / POOLED)
    for (let at = 0; at < POOLED; at++) this.#centred[at] = this.#pooled[shift * POOLED + at]! - mean
    return this.#centred
  }

  #isNear(row: number, shift: number): boolean {
    const { dot, square } = this.#compare(row, shift)
    return isNear(dot, square, this.#squares[shift]!, COSINE_MIN)
  }

  /** The best of all shifts, whichever of them led to the row. */
  #similarityTo(row: number): number {
    let best = 0
    for (let shift = 0; shift < SHIFTS; shift++) {
      const { dot, square } = this.#compare(row, shift)
      if (dot > 0 && this.#squares[shift]! > 0)
        best = Math.max(best, cosineMillionths(dot, square, this.#squares[shift]!))
    }
    return best
  }

  /** 196² times covariance and variance: whole numbers below 2^32. */
  #compare(row: number, shift: number): { dot: number; square: number } {
    const block = this.#kept.blockOf(row)
    const start = this.#kept.startOf(row)
    const from = shift * POOLED
    let sum = 0
    let squares = 0
    let products = 0
    for (let at = 0; at < POOLED; at++) {
      const grey = block[start + at]!
      sum += grey
      squares += grey * grey
      products += grey * this.#pooled[from + at]!
    }
    return { dot: POOLED * products - sum * this.#sums[shift]!, square: POOLED * squares - sum * sum }
  }

  #matchOf(row: number, similarity: number): Match | undefined {
    return row === NOTHING ? undefined : { representative: this.#kept.itemOf(row), similarity }
  }
}
