import { topEigenvectors } from './eigen.ts'
import type { Xoshiro128 } from './random.ts'
import { addProduct, type SparseRows } from './sparse-rows.ts'
import { rademacher } from './split-mix.ts'

/** Directions in which inputs are looked at: inputs × rank, column k is direction k. */
export interface Basis {
  readonly inputs: number
  readonly rank: number
  readonly directions: Float64Array
}

/** The top `rank` eigenvectors of the inputs' second moment Σ x xᵀ / N; the bias takes the mean's place. */
export function principalBasis(rows: SparseRows, rank: number, random: Xoshiro128): Basis {
  return asBasis(topEigenvectors(secondMoment(rows), rows.size, rank, random).vectors, rows.size, rank)
}

/** For where no data may be looked at: Rademacher signs / √rank, so that lengths are kept on average. */
export function rademacherBasis(seed: number, inputs: number, rank: number): Basis {
  const scale = 1 / Math.sqrt(rank)
  return { inputs, rank, directions: Float64Array.from(rademacher(seed, inputs, rank), (sign) => sign * scale) }
}

/** The same directions turned at random (Rademacher signs, then orthonormal rows): no coordinate is much larger than another, so few bits do. */
export function turned(basis: Basis, rotation: Float64Array): Basis {
  const { inputs, rank } = basis
  const directions = new Float64Array(inputs * rank)
  for (let input = 0; input < inputs; input++) {
    for (let k = 0; k < rank; k++) {
      const weight = basis.directions[input * rank + k]!
      if (weight === 0) continue
      for (let j = 0; j < rank; j++) directions[input * rank + j]! += weight * rotation[k * rank + j]!
    }
  }
  return { inputs, rank, directions }
}

/** `rank` random orthonormal rows: Gaussians, orthogonalised twice over. */
export function randomRotation(rank: number, random: Xoshiro128): Float64Array {
  const rows = Float64Array.from({ length: rank * rank }, () => random.gaussian())
  for (let i = 0; i < rank; i++) {
    const row = rows.subarray(i * rank, (i + 1) * rank)
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * rank, (j + 1) * rank)
        const share = dot(row, other)
        for (let k = 0; k < rank; k++) row[k]! -= share * other[k]!
      }
    }
    const length = Math.sqrt(dot(row, row))
    for (let k = 0; k < rank; k++) row[k]! /= length
  }
  return rows
}

/** Coordinates of all rows, count × rank. */
export function project({ rank, directions }: Basis, rows: SparseRows): Float64Array {
  const out = new Float64Array(rows.count * rank)
  for (let row = 0; row < rows.count; row++)
    addProduct(rows, row, directions, out.subarray(row * rank, (row + 1) * rank))
  return out
}

function secondMoment({ count, size, starts, columns, values }: SparseRows): Float64Array {
  const sums = new Float64Array(size * size)
  for (let row = 0; row < count; row++) {
    for (let i = starts[row]!, end = starts[row + 1]!; i < end; i++) {
      const into = columns[i]! * size
      for (let j = starts[row]!; j <= i; j++) sums[into + columns[j]!]! += values[i]! * values[j]!
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = sums[i * size + j]! / count
      sums[i * size + j] = value
      sums[j * size + i] = value
    }
  }
  return sums
}

function asBasis(vectors: Float64Array, inputs: number, rank: number): Basis {
  const directions = new Float64Array(inputs * rank)
  for (let k = 0; k < rank; k++) {
    for (let input = 0; input < inputs; input++) directions[input * rank + k] = vectors[k * inputs + input]!
  }
  return { inputs, rank, directions }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
