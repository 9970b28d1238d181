import { FEATURE_VALUE_MAX, UINT16_MAX } from '../../../schemas/limits.ts'
import { floorLog2, roundHalfEven } from '../../integers.ts'
import type { DenseRows } from '../rows.ts'
import { FeatureFileError } from './errors.ts'
import { FACTOR_BYTES_MAX } from './feature-files.ts'
import type { NpyMatrix } from './npy.ts'
import { allocateDenseRows } from './rows-reader.ts'

/** Beyond these a power of two, or a product with one, is no normal number any more. */
const EXPONENT_MAX = 1_000

export interface Quantised {
  readonly rows: DenseRows
  /** A row stands for v · scale · 2^−unitExponent. */
  readonly unitExponent: number
  /** Rows of zeros, or so much smaller than the largest that they are none in 16 bits: they count for nothing. */
  readonly zeroRows: number
}

/**
 * Floats as rows of whole numbers in [−63, 63] with one multiplier a row: scale = ⌈2^u · max|g| / 63⌉ with u the largest power of
 * two at which the largest row's fits 16 bits, v = rint(2^u · g / scale). Signed bytes in that range are taken as they are.
 * The matrix is read twice.
 *
 * @throws FeatureFileError at the first NaN or infinity, with row and column
 */
export async function quantise(matrix: NpyMatrix, onProgress?: (text: string) => void): Promise<Quantised> {
  const { file, rows: count, columns: rank } = matrix
  if (count * rank > FACTOR_BYTES_MAX)
    throw new FeatureFileError(`${count} rows of ${rank} values are more than ${FACTOR_BYTES_MAX} bytes.`, { file })
  onProgress?.(`looking for the largest values of ${file}`)
  const peaks = await peaksOf(matrix)
  const most = peaks.reduce((largest, peak) => Math.max(largest, peak), 0)
  const rows = allocateDenseRows(count, rank)
  const areFactors = matrix.isBytes && most <= FEATURE_VALUE_MAX
  const unitExponent = areFactors ? 0 : unitFor(most)
  const unit = 2 ** unitExponent
  let zeroRows = 0
  onProgress?.(`quantising ${count} rows of ${file}`)
  await matrix.each((values, row) => {
    const scale = areFactors ? 1 : Math.ceil((peaks[row]! * unit) / FEATURE_VALUE_MAX)
    rows.multipliers[row] = scale
    const start = row * rank
    let isZero = true
    for (let at = 0; at < rank && scale > 0; at++) {
      const value = roundHalfEven((values[at]! * unit) / scale)
      rows.factors[start + at] = value
      if (value !== 0) isZero = false
    }
    if (isZero) zeroRows++
  })
  return { rows, unitExponent, zeroRows }
}

async function peaksOf(matrix: NpyMatrix): Promise<Float64Array> {
  const peaks = new Float64Array(matrix.rows)
  await matrix.each((values, row) => {
    let peak = 0
    for (let at = 0; at < values.length; at++) {
      const value = Math.abs(values[at]!)
      // Also what is no number: comparisons with it are false.
      if (!(value <= Number.MAX_VALUE)) {
        const column = `value ${at + 1}`
        throw new FeatureFileError(
          `${values[at]} is no number that can be paid by.`,
          { file: matrix.file, row: row + 1, column },
          {
            hint: 'Leave such rows out, with their lines of the list, and find out why the gradient overflowed.',
          },
        )
      }
      if (value > peak) peak = value
    }
    peaks[row] = peak
  })
  return peaks
}

/** The largest u with ⌈2^u · most / 63⌉ ≤ 65,535. */
function unitFor(most: number): number {
  if (most < 2 ** -EXPONENT_MAX) return 0
  let u = Math.min(EXPONENT_MAX, 21 - floorLog2(most) + 1)
  while (Math.ceil((most * 2 ** u) / FEATURE_VALUE_MAX) > UINT16_MAX) u--
  return u
}
