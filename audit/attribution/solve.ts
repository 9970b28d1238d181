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
    const rowJ = j * size
    for (let i = j; i < size; i++) {
      const rowI = i * size
      let t = a[rowI + j]!
      for (let k = 0; k < j; k++) t -= lower[rowI + k]! * lower[rowJ + k]!
      lower[rowI + j] = i === j ? Math.sqrt(t) : t / lower[rowJ + j]!
    }
  }
  return lower
}

function transpose(matrix: Float64Array, size: number): Float64Array {
  const transposed = new Float64Array(size * size)
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) transposed[j * size + i] = matrix[i * size + j]!
  return transposed
}
