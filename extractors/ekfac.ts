import { topEigenvectors } from './eigen.ts'
import { activate, hiddenErrors, type MlpShape, type MlpWeights, newActivations } from './mlp.ts'
import type { Xoshiro128 } from './random.ts'
import type { SparseRows } from './sparse-rows.ts'

/**
 * Eigenvalue-corrected Kronecker-factored curvature of one layer (George et al. 2018; for influence, Grosse et al. 2023):
 * eigenvectors of the inputs' and of the errors' second moments, and in the directions of their products the true second
 * moments of the gradient.
 */
export interface LayerCurvature {
  readonly inputs: number
  readonly outputs: number
  /** inputs rows: eigenvectors of E[a aᵀ]. */
  readonly inputVectors: Float64Array
  /** outputs rows: eigenvectors of E[δ δᵀ]. */
  readonly errorVectors: Float64Array
  /** outputs × inputs: E[(errorVector·δ)² (inputVector·a)²]. */
  readonly values: Float64Array
}

/** Layer by layer: inputs a (count × size) and the model's own errors for each class it could draw, weighted by its probability. */
interface LayerSamples {
  readonly count: number
  readonly inputs: number
  readonly outputs: number
  readonly a: Float64Array
  /** count × classes × outputs: √p_class · δ of that class. */
  readonly drawn: Float64Array
}

/**
 * Curvature of both layers over the first `count` rows. The labels are those that the model itself would draw, all of them
 * weighted by their probabilities: the Fisher information, not the empirical one.
 *
 * @param coordinates of the inputs in the map's basis, rows × rank
 */
export function mlpCurvature(
  weights: MlpWeights,
  shape: MlpShape,
  rows: SparseRows,
  count: number,
  { coordinates, rank }: { coordinates: Float64Array; rank: number },
  random: Xoshiro128,
): readonly [first: LayerCurvature, second: LayerCurvature] {
  const { hidden, classes } = shape
  const active = new Float64Array(count * (hidden + 1))
  const first = new Float64Array(count * classes * hidden)
  const second = new Float64Array(count * classes * classes)
  const lit = newActivations(shape)
  for (let row = 0; row < count; row++) {
    activate(weights, shape, rows, row, lit)
    active.set(lit.hidden, row * (hidden + 1))
    for (let label = 0; label < classes; label++) {
      const root = Math.sqrt(lit.probabilities[label]!)
      const at = row * classes + label
      const errors = second.subarray(at * classes, (at + 1) * classes)
      for (let c = 0; c < classes; c++) errors[c] = root * (lit.probabilities[c]! - (c === label ? 1 : 0))
      hiddenErrors(weights, shape, lit.hidden, errors, first.subarray(at * hidden, (at + 1) * hidden))
    }
  }
  const layers: LayerSamples[] = [
    { count, inputs: rank, outputs: hidden, a: coordinates.subarray(0, count * rank), drawn: first },
    { count, inputs: hidden + 1, outputs: classes, a: active, drawn: second },
  ]
  const [one, two] = layers.map((layer, index) => curvatureOf(layer, random.fork(`layer ${index}`)))
  return [one!, two!]
}

/** Rows in the eigenvectors' coordinates. @param vectors `size` rows of `size` */
export function rotate(values: Float64Array, vectors: Float64Array, size: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let from = 0; from < values.length; from += size) {
    for (let k = 0; k < size; k++) {
      let sum = 0
      for (let j = 0; j < size; j++) sum += vectors[k * size + j]! * values[from + j]!
      out[from + k] = sum
    }
  }
  return out
}

function curvatureOf({ count, inputs, outputs, a, drawn }: LayerSamples, random: Xoshiro128): LayerCurvature {
  const inputVectors = topEigenvectors(secondMoment(a, inputs), inputs, inputs, random).vectors
  const errorVectors = topEigenvectors(secondMoment(drawn, outputs), outputs, outputs, random).vectors
  const turnedInputs = rotate(a, inputVectors, inputs)
  const turnedErrors = rotate(drawn, errorVectors, outputs)
  const values = new Float64Array(outputs * inputs)
  const classes = drawn.length / (count * outputs)
  const squares = new Float64Array(outputs)
  for (let row = 0; row < count; row++) {
    squares.fill(0)
    for (let label = 0; label < classes; label++) {
      const from = (row * classes + label) * outputs
      for (let k = 0; k < outputs; k++) squares[k]! += turnedErrors[from + k]! ** 2
    }
    for (let k = 0; k < outputs; k++) {
      for (let j = 0; j < inputs; j++) values[k * inputs + j]! += squares[k]! * turnedInputs[row * inputs + j]! ** 2
    }
  }
  return { inputs, outputs, inputVectors, errorVectors, values: values.map((sum) => sum / count) }
}

function secondMoment(rows: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(size * size)
  for (let from = 0; from < rows.length; from += size) {
    for (let i = 0; i < size; i++) {
      const value = rows[from + i]!
      if (value === 0) continue
      for (let j = 0; j < size; j++) sums[i * size + j]! += value * rows[from + j]!
    }
  }
  return sums
}
