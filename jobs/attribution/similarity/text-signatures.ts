import { mix } from '../../../schemas/text/mix.ts'
import { BINS } from '../../../schemas/text/shingles.ts'
import { BucketTable } from './bucket-table.ts'
import { RowsKept } from './rows-kept.ts'
import { type Match, MILLION, type Similarity } from './similarity.ts'

const { imul } = Math
/** Of 128: a resemblance of .8. */
const AGREEING_MIN = 103
/**
 * At most 25 entries of two near texts differ, so at least 7 of 32 bands are equal: no near text is missed while fewer than
 * BUCKET_ROWS_MAX have such a band in common.
 */
const BANDS = 32
const BAND = BINS / BANDS
/** The earliest of a bucket that a query looks at, so that what one costs is bounded. */
const BUCKET_ROWS_MAX = 1_024
const REPRESENTATIVES_MAX = 1 << 22
const SIGNATURE_BYTES = 4 * BINS
const NOTHING = -1

/** `text/shingles@1` of texts that are known by their signatures alone, 128 numbers each. */
export class TextSignatures implements Similarity<Uint32Array> {
  readonly measure = 'text/shingles@1'
  readonly representativeBytes = SIGNATURE_BYTES + 4 + BANDS * BucketTable.rowBytes
  readonly #kept: RowsKept
  readonly #bands = Array.from({ length: BANDS }, () => new BucketTable())
  readonly #last = new Uint32Array(BINS)
  readonly #bytes = new Uint8Array(this.#last.buffer)

  constructor({ representativesMax = REPRESENTATIVES_MAX } = {}) {
    this.#kept = new RowsKept(this.measure, SIGNATURE_BYTES, representativesMax)
  }

  find(signature: Uint32Array): Match | undefined {
    this.#last.set(signature)
    let earliest = NOTHING
    for (const [band, buckets] of this.#bands.entries()) {
      let row = buckets.first(this.#keyOf(band))
      for (let seen = 0; row >= 0 && seen < BUCKET_ROWS_MAX && !(earliest !== NOTHING && row >= earliest); seen++) {
        if (this.#agreeing(row) >= AGREEING_MIN) earliest = row
        row = buckets.after(row)
      }
    }
    if (earliest === NOTHING) return undefined
    const similarity = Math.floor((MILLION * this.#agreeing(earliest)) / BINS)
    return { representative: this.#kept.itemOf(earliest), similarity }
  }

  keep(item: number): void {
    const row = this.#kept.add(item, this.#bytes)
    for (const [band, buckets] of this.#bands.entries()) buckets.add(this.#keyOf(band), row)
  }

  #keyOf(band: number): number {
    let key = band
    for (let at = band * BAND; at < (band + 1) * BAND; at++) key = mix(imul(key, 31) ^ this.#last[at]!)
    return key
  }

  #agreeing(row: number): number {
    const block = this.#kept.blockOf(row)
    const entries = new Uint32Array(block.buffer, this.#kept.startOf(row), BINS)
    let equal = 0
    for (let at = 0; at < BINS; at++) if (entries[at] === this.#last[at]) equal++
    return equal
  }
}
