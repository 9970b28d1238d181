/**
 * Solves A·x = b for symmetric positive definite A in float64, in exactly the order of operations of docs/attribution.md.
 * Another order gives other bits.
 */
export class Solver {
  readonly #size: number
  readonly #a: Float64Array
  /** L by rows, and by columns so that the backward step walks memory in order. */
  readonly #lower: Float64Array
  readonly #lowerByColumn: Float64Array

  /** @param a size × size by rows; kept, not copied */
  constructor(a: Float64Array, size: number) {
    this.#size = size
    this.#a = a
    this.#lower = choleskyFactor(a, size)
    this.#lowerByColumn = transpose(this.#lower, size)
  }

  /** Substitution and three refinements. */
  solve(b: Float64Array): Float64Array {
    const x = this.substitute(b)
    for (let refinement = 0; refinement < 3; refinement++) {
      const d = this.substitute(this.#residual(b, x))
      for (let i = 0; i < x.length; i++) x[i] = x[i]! + d[i]!
    }
    return x
  }

  #residual(b: Float64Array, x: Float64Array): Float64Array {
    const size = this.#size
    const residual = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      let t = b[i]!
      const row = i * size
      for (let j = 0; j < size; j++) t -= this.#a[row + j]! * x[j]!
      residual[i] = t
    }
    return residual
  }

  /** Forward and backward alone. */
  substitute(b: Float64Array): Float64Array {
    const size = this.#size
    const lower = this.#lower
    const byColumn = this.#lowerByColumn
    const y = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      let t = b[i]!
      const row = i * size
      for (let k = 0; k < i; k++) t -= lower[row + k]! * y[k]!
      y[i] = t / lower[row + i]!
    }
    const x = new Float64Array(size)
    for (let i = size - 1; i >= 0; i--) {
      let t = y[i]!
      const column = i * size
      for (let k = size - 1; k > i; k--) t -= byColumn[column + k]! * x[k]!
      x[i] = t / byColumn[column + i]!
    }
    return x
  }

  /**
   * {@link substitute} for each column of a size × size matrix by rows: each column sees the same operations in the same
   * order, side by side with the others.
   */
  substituteColumns(b: Float64Array): Float64Array {
    const size = this.#size
    const x = b.slice()
    for (let i = 0; i < size; i++) this.#eliminate(x, i, 0, i, 1, this.#lower)
    for (let i = size - 1; i >= 0; i--) this.#eliminate(x, i, size - 1, i, -1, this.#lowerByColumn)
    return x
  }

  /** Row i minus factor[i][k] times row k, for k from `first` towards `last` (exclusive), divided by factor[i][i]. */
  #eliminate(x: Float64Array, i: number, first: number, last: number, step: 1 | -1, factor: Float64Array): void {
    const size = this.#size
    const target = x.subarray(i * size, (i + 1) * size)
    for (let k = first; k !== last; k += step) {
      const scale = factor[i * size + k]!
      const row = k * size
      for (let column = 0; column < size; column++) target[column]! -= scale * x[row + column]!
    }
    const diagonal = factor[i * size + i]!
    for (let column = 0; column < size; column++) target[column]! /= diagonal
  }
}

/** L by rows, with zeros above its diagonal, of A = L·Lᵀ. */
export function choleskyFactor(a: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    let i = j
    // Four rows at a time, each in its own order: their sums do not wait for each other.
    for (; i + 3 < size; i += 4) subtractProducts(a, lower, size, i, j)
    for (; i < size; i++) {
      let t = a[i * size + j]!
      for (let k = 0; k < j; k++) t -= lower[i * size + k]! * lower[j * size + k]!
      lower[i * size + j] = t
    }
    const diagonal = Math.sqrt(lower[j * size + j]!)
    lower[j * size + j] = diagonal
    for (let below = j + 1; below < size; below++) lower[below * size + j]! /= diagonal
  }
  return lower
}

/** L_ij·L_jj of the rows i to i + 3: A_ij − L_i0·L_j0 − … − L_i(j−1)·L_j(j−1). */
function subtractProducts(a: Float64Array, lower: Float64Array, size: number, i: number, j: number): void {
  const row0 = i * size
  const row1 = row0 + size
  const row2 = row1 + size
  const row3 = row2 + size
  const rowJ = j * size
  let t0 = a[row0 + j]!
  let t1 = a[row1 + j]!
  let t2 = a[row2 + j]!
  let t3 = a[row3 + j]!
  for (let k = 0; k < j; k++) {
    const value = lower[rowJ + k]!
    t0 -= lower[row0 + k]! * value
    t1 -= lower[row1 + k]! * value
    t2 -= lower[row2 + k]! * value
    t3 -= lower[row3 + k]! * value
  }
  lower[row0 + j] = t0
  lower[row1 + j] = t1
  lower[row2 + j] = t2
  lower[row3 + j] = t3
}

function transpose(matrix: Float64Array, size: number): Float64Array {
  const transposed = new Float64Array(size * size)
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) transposed[j * size + i] = matrix[i * size + j]!
  return transposed
}
