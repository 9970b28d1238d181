import type { GradientRows } from '../bilinear/gradient-rows.ts'
import { WidthError } from '../errors.ts'
import type { FactoredRows, FeatureRows } from '../rows.ts'
import type { Kernels, Weights } from './kernels.ts'
import { plainPairs } from './plain-pairs.ts'

/** ah = (a · ua) >> 11 stays below 2^11: 63 · 65,535 < 2^22. */
const INPUT_SHIFT = 11
/** An entry of K gains less than 2^38.1 a row: so many rows sum exactly in float64. */
const CURVATURE_BLOCK = 1 << 14
/** and so many leave int64 no room. */
export const CURVATURE_ROWS_LIMIT = 1 << 24
/** limb 2^24 · error 2^10 · factor 2^6 leaves room for so many rows in float64. */
const WEIGHTED_BLOCK = 1 << 12
const PSI_LIMIT = 2 ** 62
/** |error| ≤ 20,000, |factor| ≤ 63, u < 2^21. */
const PSI_ROW_BOUND = 20_000 * 63 * 2 ** 21
const LIMB_BITS = 24n

/** Kernels in TypeScript on one thread: what every faster one is held to. */
export const plainKernels: Kernels = {
  async curvature(rows, kind, from, to) {
    const size = rows.rank * (rows.kind === 'factored' ? rows.classes : 1)
    if (to - from > CURVATURE_ROWS_LIMIT) throw new WidthError({ what: 'The curvature', items: to - from })
    const sums = new BigInt64Array(size * size)
    for (let at = from; at < to; at += CURVATURE_BLOCK) {
      const end = Math.min(to, at + CURVATURE_BLOCK)
      const block = kind === 'gram' ? gramBlock(rows, at, end) : softmaxBlock(rows, at, end)
      for (let cell = 0; cell < block.length; cell++) if (block[cell] !== 0) sums[cell]! += BigInt(block[cell]!)
    }
    return sums
  },

  async groupGradients(rows, u, group, groups) {
    const { count, rank, classes, factors, errors } = rows
    const size = rank * classes
    checkGroupGradients(rows, u, group, groups)
    const sums = new BigInt64Array(groups * size)
    for (let row = 0; row < count; row++) {
      const into = group[row]! * size
      if (group[row] === groups) continue
      for (let c = 0; c < classes; c++) {
        const weight = errors[row * classes + c]! * u[row]!
        if (weight === 0) continue
        const at = into + c * rank
        for (let j = 0; j < rank; j++) sums[at + j]! += BigInt(weight * factors[row * rank + j]!)
      }
    }
    return sums
  },

  async movements(rows, vectors, shifts) {
    const out = new BigInt64Array(rows.count)
    const dots = new Float64Array(shifts.length)
    for (let row = 0; row < rows.count; row++) {
      scoresOf(rows, row, vectors, dots)
      let positive = 0n
      let negative = 0n
      for (let v = 0; v < dots.length; v++) {
        const score = BigInt(dots[v]!) << BigInt(shifts[v]!)
        if (score > 0n) positive += score
        else negative -= score
      }
      out[row] = 1n + (positive > negative ? positive : negative)
    }
    return out
  },

  async squares(rows, vectors, shift) {
    const out = new Float64Array(rows.count)
    const dots = new Float64Array(vectors.length / (rows.rank * rows.classes))
    for (let row = 0; row < rows.count; row++) {
      scoresOf(rows, row, vectors, dots)
      let sum = 0
      for (const dot of dots) {
        const part = Math.floor(Math.abs(dot) / 2 ** shift) + 1
        sum += part * part
      }
      out[row] = sum
    }
    return out
  },

  async weightedSum(rows, m) {
    const sums = new Array<bigint>(rows.rank * rows.classes).fill(0n)
    for (let at = 0; at < rows.count; at += WEIGHTED_BLOCK) {
      const end = Math.min(rows.count, at + WEIGHTED_BLOCK)
      for (const [limb, weights] of m.entries()) {
        const part = weightedBlock(rows, weights, at, end)
        for (let cell = 0; cell < part.length; cell++)
          if (part[cell] !== 0) sums[cell]! += BigInt(part[cell]!) << (LIMB_BITS * BigInt(limb))
      }
    }
    return sums
  },

  async weightedSums(rows, m, buckets) {
    const inBucket = (bucket: number) =>
      m.map((limb) => limb.map((value, row) => (row % buckets === bucket ? value : 0))) as unknown as Weights
    return Promise.all(Array.from({ length: buckets }, (_, bucket) => this.weightedSum(rows, inBucket(bucket))))
  },

  async project(rows, v) {
    const { count, rank, classes, factors, errors } = rows
    const out = new Float64Array(count)
    for (let row = 0; row < count; row++) {
      let value = 0
      for (let c = 0; c < classes; c++) {
        const error = errors[row * classes + c]!
        if (error === 0) continue
        let dot = 0
        for (let j = 0; j < rank; j++) dot += factors[row * rank + j]! * v[c * rank + j]!
        value += error * dot
      }
      out[row] = value
    }
    return out
  },

  async outerSum(y, size) {
    const sums = new Float64Array(size * size)
    for (let from = 0; from < y.length; from += size) {
      for (let i = 0; i < size; i++) {
        const value = y[from + i]!
        if (value === 0) continue
        for (let j = i; j < size; j++) sums[i * size + j]! += value * y[from + j]!
      }
    }
    mirror(sums, size)
    return sums
  },

  async scorePairs(rows, query) {
    return plainPairs(rows, query)
  },

  async close() {},
}

/** dots[v] = Σ_class errors·⟨factors, vector v⟩ of one row: below 2^42, exact in any order. */
function scoresOf(rows: GradientRows, row: number, vectors: Int16Array, dots: Float64Array): void {
  const { rank, classes, factors, errors } = rows
  const size = rank * classes
  for (let v = 0; v < dots.length; v++) {
    let score = 0
    for (let c = 0; c < classes; c++) {
      const error = errors[row * classes + c]!
      if (error === 0) continue
      const at = v * size + c * rank
      let dot = 0
      for (let j = 0; j < rank; j++) dot += factors[row * rank + j]! * vectors[at + j]!
      score += error * dot
    }
    dots[v] = score
  }
}

function weightedBlock(rows: GradientRows, weights: Float64Array, from: number, to: number): Float64Array {
  const { rank, classes, factors, errors } = rows
  const sums = new Float64Array(rank * classes)
  for (let row = from; row < to; row++) {
    if (weights[row] === 0) continue
    for (let c = 0; c < classes; c++) {
      const weight = weights[row]! * errors[row * classes + c]!
      if (weight === 0) continue
      for (let j = 0; j < rank; j++) sums[c * rank + j]! += weight * factors[row * rank + j]!
    }
  }
  return sums
}

/** @throws WidthError when a sum of `groupGradients` could reach 2^62 */
export function checkGroupGradients(rows: GradientRows, u: Uint32Array, group: Uint32Array, groups: number): void {
  if (rows.count * PSI_ROW_BOUND < PSI_LIMIT) return
  // The bound of one row was not enough: the sums of the rows as they are.
  const bounds = new Float64Array(groups + 1)
  for (let row = 0; row < rows.count; row++) bounds[group[row]!]! += 20_000 * 63 * u[row]!
  for (let at = 0; at < groups; at++)
    if (bounds[at]! >= PSI_LIMIT) throw new WidthError({ what: 'The gradient sum', items: rows.count })
}

/** ah by columns, entry dim · rows + row, so that a sum over rows runs along memory. */
function scaledInputs(rows: FeatureRows, from: number, to: number): Float64Array {
  const { rank, factors, multipliers } = rows
  const count = to - from
  const scaled = new Float64Array(rank * count)
  for (let i = 0; i < count; i++) {
    const at = (from + i) * rank
    for (let j = 0; j < rank; j++) scaled[j * count + i] = (factors[at + j]! * multipliers[from + i]!) >> INPUT_SHIFT
  }
  return scaled
}

function gramBlock(rows: FeatureRows, from: number, to: number): Float64Array {
  const k = new Float64Array(rows.rank * rows.rank)
  addBlock(k, rows.rank, 0, 0, new Float64Array(to - from).fill(1), scaledInputs(rows, from, to), rows.rank)
  mirror(k, rows.rank)
  return k
}

function softmaxBlock(rows: FeatureRows, from: number, to: number): Float64Array {
  if (rows.kind !== 'factored') throw new TypeError('Softmax curvature is of factored rows.')
  const { rank, classes } = rows
  const size = rank * classes
  const k = new Float64Array(size * size)
  const scaled = scaledInputs(rows, from, to)
  const { values, sums } = eighths(rows, from, to)
  const weights = new Float64Array(to - from)
  for (let c = 0; c < classes; c++) {
    for (let d = c; d < classes; d++) {
      for (let i = 0; i < weights.length; i++) {
        const pc = values[i * classes + c]!
        weights[i] = (c === d ? sums[i]! * pc : 0) - pc * values[i * classes + d]!
      }
      addBlock(k, size, c * rank, d * rank, weights, scaled, rank)
    }
  }
  mirror(k, size)
  return k
}

/** P8 = (256 · P + 500) div 1000, and its row sums w: with w instead of 256 K stays positive semi-definite. */
function eighths(rows: FactoredRows, from: number, to: number): { values: Float64Array; sums: Float64Array } {
  const { classes, probabilities } = rows
  const values = new Float64Array((to - from) * classes)
  const sums = new Float64Array(to - from)
  for (let at = 0; at < values.length; at++) {
    const value = Math.floor((256 * probabilities[from * classes + at]! + 500) / 1000)
    values[at] = value
    sums[Math.floor(at / classes)]! += value
  }
  return { values, sums }
}

/** Writes Σ_i weight_i · ah_i ah_iᵀ into the block at (row, column), upper half. */
function addBlock(
  k: Float64Array,
  size: number,
  row: number,
  column: number,
  weights: Float64Array,
  scaled: Float64Array,
  rank: number,
): void {
  const count = weights.length
  const weighted = new Float64Array(count)
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < count; i++) weighted[i] = weights[i]! * scaled[j * count + i]!
    for (let l = j; l < rank; l++) {
      const at = l * count
      let even = 0
      let odd = 0
      let i = 0
      for (; i + 1 < count; i += 2) {
        even += weighted[i]! * scaled[at + i]!
        odd += weighted[i + 1]! * scaled[at + i + 1]!
      }
      if (i < count) even += weighted[i]! * scaled[at + i]!
      k[(row + j) * size + column + l] = even + odd
      k[(row + l) * size + column + j] = even + odd
    }
  }
}

function mirror(k: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) k[i * size + j] = k[j * size + i]!
}
