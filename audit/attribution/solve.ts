/**
 * Solves A·x = b for symmetric positive definite A in float64, in exactly the order of operations of docs/attribution.md:
 * Cholesky, forward, backward, three refinements. Another order gives other bits.
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
    this.#lower = factor(a, size)
    this.#lowerByColumn = transpose(this.#lower, size)
  }

  solve(b: Float64Array): Float64Array {
    const x = this.#substitute(b)
    for (let refinement = 0; refinement < 3; refinement++) {
      const d = this.#substitute(this.#residual(b, x))
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

  #substitute(b: Float64Array): Float64Array {
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
}

function factor(a: Float64Array, size: number): Float64Array {
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

/** K + λI with each entry rounded once. */
export function withRidge(k: Float64Array, size: number, lambda: bigint): Float64Array {
  const a = k.slice()
  for (let i = 0; i < size; i++) a[i * size + i] = Number(BigInt(k[i * size + i]!) + lambda)
  return a
}
