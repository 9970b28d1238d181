import { type Basis, project } from '../../../extractors/basis.ts'
import { denseAsRows, type SparseRows } from '../../../extractors/sparse-rows.ts'
import type { Setting } from '../protocol.ts'
import { type EventRange, linearDatamodelingScore } from '../score.ts'
import { type Curvature, damped, type Gradients, lossesOf, solveAll, subsetSums } from './bilinear.ts'
import { heldOutEvents } from './method.ts'

/** Factors of the mean eigenvalue among which λ is chosen. */
const DAMPINGS = [0.03, 0.1, 0.3, 1, 3]

/** Coordinates of all samples in a basis. */
export function coordinates(setting: Setting, basis: Basis): SparseRows {
  return denseAsRows(project(basis, setting.data.inputs), basis.rank)
}

/**
 * Errors p − y of a softmax in classes − 1 orthonormal directions: they sum to zero, so one direction says nothing.
 *
 * @param tempering β: (1 − β)·(p − y) + β·(1/n − y)
 */
export function softmaxGradients(
  { data, ensemble }: Setting,
  inputs: SparseRows,
  probabilities: Float64Array = ensemble.probabilities,
  tempering = 0,
): Gradients {
  const { classes, labels } = data
  const outputs = classes - 1
  const errors = new Float64Array(labels.length * outputs)
  const contrasts = helmert(classes)
  for (let row = 0; row < labels.length; row++) {
    for (let c = 0; c < classes; c++) {
      const target = c === labels[row] ? 1 : 0
      const error = (1 - tempering) * (probabilities[row * classes + c]! - target) + tempering * (1 / classes - target)
      for (let k = 0; k < outputs; k++) errors[row * outputs + k]! += error * contrasts[k * classes + c]!
    }
  }
  return { inputs, outputs, errors }
}

/** Gauss–Newton curvature Σ (diag p − p pᵀ) ⊗ x xᵀ over the training samples, in the same directions. */
export function softmaxCurvature(setting: Setting, inputs: SparseRows): Curvature {
  const { train } = setting.data.parts
  const { classes } = setting.data
  const outputs = classes - 1
  const size = outputs * inputs.size
  const matrix = new Float64Array(size * size)
  const weights = contrastWeights(setting, train)
  for (let a = 0, pair = 0; a < outputs; a++) {
    for (let b = 0; b <= a; b++, pair++) {
      const block = weightedMoment(inputs, train, weights.subarray(pair * train, (pair + 1) * train))
      for (let j = 0; j < inputs.size; j++) {
        const into = (a * inputs.size + j) * size + b * inputs.size
        matrix.set(block.subarray(j * inputs.size, (j + 1) * inputs.size), into)
      }
    }
  }
  let trace = 0
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!
  return { size, matrix, trace }
}

/** The λ whose predictions agree best with the truth of the held-out events: never of those reported. */
export function chooseDamping(setting: Setting, gradients: Gradients, curvature: Curvature): number {
  const sums = subsetSums(gradients, setting.subsets)
  const range = heldOutEvents(setting)
  let best = { score: -Infinity, lambda: 0 }
  for (const factor of DAMPINGS) {
    const lambda = (factor * curvature.trace) / curvature.size
    const vectors = solveAll(damped(curvature, lambda), sums, curvature.size)
    const predicted = lossesOf(gradients, setting.data.parts.train, range, vectors)
    const score = linearDatamodelingScore(setting.truth, predicted, range)
    if (score > best.score) best = { score, lambda }
  }
  return best.lambda
}

/** Losses by influence in floats. @param events gradients of the events where those differ (the items' may be tempered or quantised) */
export function influenceLosses(
  setting: Setting,
  items: Gradients,
  events: Gradients,
  curvature: Curvature,
  lambda: number,
  range: EventRange,
) {
  const vectors = solveAll(damped(curvature, lambda), subsetSums(items, setting.subsets), curvature.size)
  return lossesOf(events, setting.data.parts.train, range, vectors)
}

/** classes − 1 orthonormal contrasts, each orthogonal to the constant (Helmert 1876). */
function helmert(classes: number): Float64Array {
  const rows = new Float64Array((classes - 1) * classes)
  for (let k = 1; k < classes; k++) {
    const length = Math.sqrt(k * (k + 1))
    for (let c = 0; c < k; c++) rows[(k - 1) * classes + c] = 1 / length
    rows[(k - 1) * classes + k] = -k / length
  }
  return rows
}

/** For each pair of contrasts, row by row of its lower half, one weight a training sample. */
function contrastWeights({ data: { classes }, ensemble }: Setting, train: number): Float64Array {
  const outputs = classes - 1
  const contrasts = helmert(classes)
  const weights = new Float64Array(((outputs * (outputs + 1)) / 2) * train)
  for (let row = 0; row < train; row++) {
    const p = ensemble.probabilities.subarray(row * classes, (row + 1) * classes)
    const means = Float64Array.from({ length: outputs }, (_, k) =>
      p.reduce((sum, value, c) => sum + value * contrasts[k * classes + c]!, 0),
    )
    for (let a = 0, pair = 0; a < outputs; a++) {
      for (let b = 0; b <= a; b++, pair++) {
        let second = 0
        for (let c = 0; c < classes; c++) second += p[c]! * contrasts[a * classes + c]! * contrasts[b * classes + c]!
        weights[pair * train + row] = second - means[a]! * means[b]!
      }
    }
  }
  return weights
}

/** Σ_i w_i x_i x_iᵀ over the first `count` rows, size × size, symmetric. */
function weightedMoment(inputs: SparseRows, count: number, weights: Float64Array): Float64Array {
  const { size, starts, columns, values } = inputs
  const sums = new Float64Array(size * size)
  for (let row = 0; row < count; row++) {
    for (let i = starts[row]!, end = starts[row + 1]!; i < end; i++) {
      const into = columns[i]! * size
      const value = weights[row]! * values[i]!
      for (let j = starts[row]!; j <= i; j++) sums[into + columns[j]!]! += value * values[j]!
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sums[j * size + i] = sums[i * size + j]!
  return sums
}
