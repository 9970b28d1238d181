import { TallyError } from '../../../schemas/errors.ts'

export class NotPositiveDefiniteError extends TallyError {
  override readonly code = 'NOT_POSITIVE_DEFINITE'
  constructor(facts: { row: number }) {
    super(`The matrix is not positive definite at row ${facts.row}.`, { facts })
  }
}

/** y with L·y = b. */
export function forward(lower: Float64Array, size: number, b: Float64Array): Float64Array {
  const y = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const row = i * size
    let t = b[i]!
    for (let k = 0; k < i; k++) t = t - lower[row + k]! * y[k]!
    y[i] = t / lower[row + i]!
  }
  return y
}

/**
 * x with Lᵀ·x = y, in the place of y. L is stored by rows, so column i of the transposed system is walked with a stride; to
 * stay in the cache, the products of row i are subtracted from all earlier entries at once. Each entry then sees its k
 * descending, which is the fixed order.
 */
export function backward(lower: Float64Array, size: number, y: Float64Array): Float64Array {
  const x = y
  for (let k = size - 1; k >= 0; k--) {
    const row = k * size
    const value = x[k]! / lower[row + k]!
    x[k] = value
    for (let i = 0; i < k; i++) x[i] = x[i]! - lower[row + i]! * value
  }
  return x
}

/**
 * L of a symmetric positive definite matrix, row by row. Rows in blocks of four: four independent chains of subtractions,
 * each in the fixed order.
 *
 * @throws NotPositiveDefiniteError
 */
export function lowerFactor(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    const rowJ = j * size
    let t = matrix[rowJ + j]!
    for (let k = 0; k < j; k++) t = t - lower[rowJ + k]! * lower[rowJ + k]!
    if (!(t > 0)) throw new NotPositiveDefiniteError({ row: j })
    const pivot = Math.sqrt(t)
    lower[rowJ + j] = pivot
    let i = j + 1
    for (; i + 3 < size; i += 4) eliminateFour(matrix, lower, size, i, j, pivot)
    for (; i < size; i++) {
      let s = matrix[i * size + j]!
      for (let k = 0; k < j; k++) s = s - lower[i * size + k]! * lower[rowJ + k]!
      lower[i * size + j] = s / pivot
    }
  }
  return lower
}

function eliminateFour(
  matrix: Float64Array,
  lower: Float64Array,
  size: number,
  i: number,
  j: number,
  pivot: number,
): void {
  const rowJ = j * size
  const a = i * size
  const b = a + size
  const c = b + size
  const d = c + size
  let ta = matrix[a + j]!
  let tb = matrix[b + j]!
  let tc = matrix[c + j]!
  let td = matrix[d + j]!
  for (let k = 0; k < j; k++) {
    const l = lower[rowJ + k]!
    ta = ta - lower[a + k]! * l
    tb = tb - lower[b + k]! * l
    tc = tc - lower[c + k]! * l
    td = td - lower[d + k]! * l
  }
  lower[a + j] = ta / pivot
  lower[b + j] = tb / pivot
  lower[c + j] = tc / pivot
  lower[d + j] = td / pivot
}
