import { NumericError } from './errors.ts'
import type { Xoshiro128 } from './random.ts'

/** Lanczos steps for each eigenvector wanted. Three leave residuals near rounding for images; see {@link RESIDUAL_MAX}. */
const STEPS_PER_VECTOR = 3
/** Largest ‖Mv − λv‖ accepted, relative to the largest eigenvalue. */
const RESIDUAL_MAX = 1e-6

export interface Eigenvectors {
  /** Descending. */
  values: Float64Array
  /** `values.length` rows of `n`: orthonormal, each with its largest entry positive. */
  vectors: Float64Array
}

/**
 * The `count` largest eigenvalues of a symmetric matrix and their vectors, by Lanczos with full reorthogonalisation
 * (Golub and Van Loan, Matrix Computations, §10.3). Fixed order: the same input gives the same bits on one machine.
 *
 * @param matrix n × n, row by row
 * @throws {@link NumericError} when it did not converge, or count > n
 */
export function topEigenvectors(matrix: Float64Array, n: number, count: number, random: Xoshiro128): Eigenvectors {
  if (count > n || matrix.length !== n * n) {
    throw new NumericError(`No ${count} eigenvectors in ${n} dimensions.`, { count, n }, 'Ask for a smaller rank.')
  }
  const { basis, diagonal, offDiagonal } = tridiagonalise(matrix, n, Math.min(n, STEPS_PER_VECTOR * count + 20), random)
  const small = tridiagonalEigenvectors(diagonal, offDiagonal)
  const order = [...small.values.keys()].sort((i, j) => small.values[j]! - small.values[i]!).slice(0, count)
  const result = { values: new Float64Array(count), vectors: new Float64Array(count * n) }
  order.forEach((from, to) => {
    const vector = result.vectors.subarray(to * n, (to + 1) * n)
    for (let step = 0; step < diagonal.length; step++) {
      addScaled(vector, small.vectors[from * diagonal.length + step]!, basis.subarray(step * n, (step + 1) * n))
    }
    fixSign(vector)
    result.values[to] = small.values[from]!
  })
  checkResiduals(matrix, n, result)
  return result
}

/** Orthonormal rows Q with Q M Qᵀ tridiagonal. */
function tridiagonalise(matrix: Float64Array, n: number, steps: number, random: Xoshiro128) {
  const basis = new Float64Array(steps * n)
  const diagonal = new Float64Array(steps)
  const offDiagonal = new Float64Array(steps)
  const row = (step: number) => basis.subarray(step * n, (step + 1) * n)
  startVector(row(0), basis, 0, n, random)
  let largest = 0
  for (let step = 0; step < steps; step++) {
    const next = multiply(matrix, n, row(step))
    diagonal[step] = dot(next, row(step))
    largest = Math.max(largest, Math.abs(diagonal[step]!))
    if (step + 1 === steps) break
    removeComponents(next, basis, step + 1, n)
    const length = Math.sqrt(dot(next, next))
    if (length > 1e-13 * largest) {
      offDiagonal[step] = length
      for (let k = 0; k < n; k++) row(step + 1)[k] = next[k]! / length
    } else {
      // The space reached so far maps to itself (few or equal images): go on in a direction not seen yet.
      startVector(row(step + 1), basis, step + 1, n, random)
    }
  }
  return { basis, diagonal, offDiagonal }
}

function startVector(out: Float64Array, basis: Float64Array, known: number, n: number, random: Xoshiro128): void {
  for (let k = 0; k < n; k++) out[k] = random.nextFloat() - 0.5
  removeComponents(out, basis, known, n)
  const length = Math.sqrt(dot(out, out))
  for (let k = 0; k < n; k++) out[k]! /= length
}

/** Twice is enough (Kahan and Parlett): the second pass removes what rounding left. */
function removeComponents(vector: Float64Array, basis: Float64Array, known: number, n: number): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let step = 0; step < known; step++) {
      const direction = basis.subarray(step * n, (step + 1) * n)
      addScaled(vector, -dot(vector, direction), direction)
    }
  }
}

/**
 * All eigenvalues and vectors (as rows) of a symmetric tridiagonal matrix by implicit QL (EISPACK imtql2).
 *
 * @param offDiagonal its last entry is not read
 */
function tridiagonalEigenvectors(diagonal: Float64Array, offDiagonal: Float64Array): Eigenvectors {
  const n = diagonal.length
  const values = diagonal.slice()
  const off = offDiagonal.slice()
  off[n - 1] = 0
  const vectors = new Float64Array(n * n)
  for (let k = 0; k < n; k++) vectors[k * n + k] = 1
  for (let low = 0; low < n; low++) {
    for (let iteration = 0; ; iteration++) {
      const high = firstNegligible(values, off, low)
      if (high === low) break
      if (iteration === 60)
        throw new NumericError('QL did not converge.', { low, n }, 'The matrix has values that are not finite.')
      implicitShift(values, off, vectors, low, high)
    }
  }
  return { values, vectors }
}

function firstNegligible(values: Float64Array, off: Float64Array, low: number): number {
  for (let k = low; k < values.length - 1; k++) {
    const neighbours = Math.abs(values[k]!) + Math.abs(values[k + 1]!)
    if (Math.abs(off[k]!) <= Number.EPSILON * neighbours) return k
  }
  return values.length - 1
}

/** One QL sweep over the unreduced block low … high. */
function implicitShift(d: Float64Array, e: Float64Array, vectors: Float64Array, low: number, high: number): void {
  const n = d.length
  let g = (d[low + 1]! - d[low]!) / (2 * e[low]!)
  g = d[high]! - d[low]! + e[low]! / (g + Math.sign(g || 1) * Math.hypot(g, 1))
  let s = 1
  let c = 1
  let p = 0
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i]!
    const b = c * e[i]!
    const r = Math.hypot(f, g)
    e[i + 1] = r
    if (r === 0) {
      d[i + 1]! -= p
      e[high] = 0
      return
    }
    s = f / r
    c = g / r
    g = d[i + 1]! - p
    const t = (d[i]! - g) * s + 2 * c * b
    p = s * t
    d[i + 1] = g + p
    g = c * t - b
    rotateRows(vectors, n, i, c, s)
  }
  d[low]! -= p
  e[low] = g
  e[high] = 0
}

function rotateRows(vectors: Float64Array, n: number, i: number, c: number, s: number): void {
  for (let k = i * n, end = k + n; k < end; k++) {
    const upper = vectors[k]!
    const lower = vectors[k + n]!
    vectors[k + n] = s * upper + c * lower
    vectors[k] = c * upper - s * lower
  }
}

function checkResiduals(matrix: Float64Array, n: number, { values, vectors }: Eigenvectors): void {
  values.forEach((value, index) => {
    const vector = vectors.subarray(index * n, (index + 1) * n)
    const residual = multiply(matrix, n, vector)
    addScaled(residual, -value, vector)
    const relative = Math.sqrt(dot(residual, residual)) / values[0]!
    if (relative <= RESIDUAL_MAX) return
    throw new NumericError(`Eigenvector ${index} did not converge.`, { index, relative }, 'Ask for a smaller rank.')
  })
}

function multiply(matrix: Float64Array, n: number, vector: Float64Array): Float64Array {
  const out = new Float64Array(n)
  for (let i = 0; i < n; i++) addScaled(out, vector[i]!, matrix.subarray(i * n, (i + 1) * n))
  return out
}

function fixSign(vector: Float64Array): void {
  let largest = 0
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value
  if (largest < 0) for (let k = 0; k < vector.length; k++) vector[k] = -vector[k]!
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

function addScaled(out: Float64Array, scale: number, vector: Float64Array): void {
  for (let k = 0; k < out.length; k++) out[k]! += scale * vector[k]!
}
