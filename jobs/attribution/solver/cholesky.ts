import { TallyError } from '../../../schemas/errors.ts'

export class NotPositiveDefiniteError extends TallyError {
  override readonly code = 'NOT_POSITIVE_DEFINITE'
  constructor(facts: { row: number }) {
    super(`The matrix is not positive definite at row ${facts.row}.`, { facts })
  }
}

const REFINEMENTS = 3

/**
 * Factor of a symmetric positive definite matrix in float64, in the one order that docs/attribution.md fixes, so that every
 * machine gives the same bits: each element subtracts its products one by one, k ascending, without fused multiply-add.
 */
export class Cholesky {
  readonly #size: number
  readonly #matrix: Float64Array
  readonly #lower: Float64Array

  /**
   * @param matrix size × size, row by row, symmetric; kept, not copied
   * @throws NotPositiveDefiniteError
   */
  constructor(matrix: Float64Array, size: number) {
    this.#size = size
    this.#matrix = matrix
    this.#lower = factor(matrix, size)
  }

  /** x with A·x = b: forward, backward, three refinements. */
  solve(b: Float64Array): Float64Array {
    const x = this.substitute(b)
    const residual = new Float64Array(this.#size)
    for (let round = 0; round < REFINEMENTS; round++) {
      for (let i = 0; i < this.#size; i++) residual[i] = this.#residualAt(i, b[i]!, x)
      const correction = this.substitute(residual)
      for (let i = 0; i < this.#size; i++) x[i] = x[i]! + correction[i]!
    }
    return x
  }

  /** Forward and backward substitution alone: less exact, for what is only shown. */
  substitute(b: Float64Array): Float64Array {
    const size = this.#size
    const lower = this.#lower
    const y = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      const row = i * size
      let t = b[i]!
      for (let k = 0; k < i; k++) t = t - lower[row + k]! * y[k]!
      y[i] = t / lower[row + i]!
    }
    return this.#backward(y)
  }

  /** Column j of L. */
  column(j: number): Float64Array {
    return Float64Array.from({ length: this.#size }, (_, i) => this.#lower[i * this.#size + j]!)
  }

  /**
   * L is stored by rows, so column i of the transposed system is walked with a stride; to stay in the cache, the products of
   * row i are subtracted from all earlier entries at once. Each entry then sees its k descending, which is the fixed order.
   */
  #backward(y: Float64Array): Float64Array {
    const size = this.#size
    const lower = this.#lower
    const x = y
    for (let k = size - 1; k >= 0; k--) {
      const row = k * size
      const value = x[k]! / lower[row + k]!
      x[k] = value
      for (let i = 0; i < k; i++) x[i] = x[i]! - lower[row + i]! * value
    }
    return x
  }

  #residualAt(i: number, b: number, x: Float64Array): number {
    const row = i * this.#size
    let t = b
    for (let j = 0; j < this.#size; j++) t = t - this.#matrix[row + j]! * x[j]!
    return t
  }
}

/** Rows in blocks of four: four independent chains of subtractions, each in the fixed order. */
function factor(matrix: Float64Array, size: number): Float64Array {
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
