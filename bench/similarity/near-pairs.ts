import { POOLED, poolAllShifts, SHIFTS } from '../../jobs/attribution/similarity/pooled-picture.ts'
import { folded, signatureOf } from '../../schemas/text/shingles.ts'

const COSINE_MIN = 0.994
const AGREEING_MIN = 103

/** Whether the second, moved by up to two pixels, is within the threshold of the first: 28 × 28 both. */
export function arePicturesNear(a: { grey: Uint8Array }, b: { grey: Uint8Array }): boolean {
  const [kept, query] = [pooledShifts(a.grey), pooledShifts(b.grey)]
  const unmoved = kept[(SHIFTS - 1) / 2]!
  return query.some((shifted) => cosine(unmoved, shifted) >= COSINE_MIN)
}

export function areRowsNear(a: Int8Array, b: Int8Array): boolean {
  return cosine(a, b) >= COSINE_MIN
}

export function areTextsNear(a: string, b: string): boolean {
  const [kept, query] = [signatureOf(folded(a)), signatureOf(folded(b))]
  return kept.filter((entry, at) => entry === query[at]).length >= AGREEING_MIN
}

function pooledShifts(grey: Uint8Array): Float64Array[] {
  const all = new Uint8Array(SHIFTS * POOLED)
  poolAllShifts(grey, all)
  return Array.from({ length: SHIFTS }, (_, shift) => {
    const values = Float64Array.from(all.subarray(shift * POOLED, (shift + 1) * POOLED))
    const mean = values.reduce((sum, value) => sum + value, 0) / POOLED
    return values.map((value) => value - mean)
  })
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [products, squaresA, squaresB] = [0, 0, 0]
  for (let at = 0; at < a.length; at++) {
    products += a[at]! * b[at]!
    squaresA += a[at]! * a[at]!
    squaresB += b[at]! * b[at]!
  }
  return products / Math.sqrt(squaresA * squaresB)
}
