import { denseRows } from '../../../extractors/dense-rows.ts'
import { unitExponentOf } from '../../../extractors/factored-rows.ts'
import { projectGradients } from '../../../extractors/projected-gradients.ts'
import { roundHalfEven } from '../../../extractors/quantise.ts'
import { blockCurvature, fullCurvature } from '../../../jobs/attribution/bilinear/curvature.ts'
import type { Kernels } from '../../../jobs/attribution/kernel/kernels.ts'
import type { DenseRows } from '../../../jobs/attribution/rows.ts'
import type { BenchData } from '../data.ts'
import { allProbabilities } from '../learners.ts'
import type { Setting } from '../protocol.ts'
import { pairLosses, pairsOf } from './engine.ts'
import type { Prediction } from './method.ts'

/**
 * `trak/ensemble@1` (Park et al. 2023): each checkpoint has projections of its own; their kernels are averaged, the
 * weights Q = 1 − p are averaged, and the two are multiplied.
 */
export async function predictTrakEnsemble(setting: Setting, kernels: Kernels): Promise<Prediction> {
  const { data, ensemble, directions } = setting
  const { train } = data.parts
  const perMember = ensemble.members.map((weights) => allProbabilities(data, 'logistic regression', weights))
  const members = perMember.map((probabilities, index) =>
    projectGradients(data.inputs, marginErrors(data, probabilities), directions, index),
  )
  const gradients = sideBySide(members, directions)
  const rank = directions * members.length
  const unit = unitExponentOf(gradients)
  const weights = meanDoubt(data, perMember).subarray(0, train)
  const items = { ...denseRows(gradients.subarray(0, train * rank), rank, unit), blocks: members.length, weights }
  const events = { ...denseRows(gradients.subarray(train * rank), rank, unit), blocks: members.length }
  const curvatures = []
  for (let from = 0; from < rank; from += directions) {
    const k = await kernels.curvature(columns(items, from, directions), 'gram', 0, train)
    curvatures.push(fullCurvature(k, directions))
  }
  return {
    name: `trak/ensemble@1 int8, ${members.length} checkpoints, k = ${directions}`,
    bytes: rank + 2 + 2,
    predicted: (await pairLosses(setting, [pairsOf(items, events)], blockCurvature(curvatures), kernels))[0]!,
  }
}

/** ∂ ln(p/(1 − p)) by logits: (onehot − p) / (1 − p of the label). */
function marginErrors({ labels, classes }: BenchData, probabilities: Float64Array): Float64Array {
  return probabilities.map((p, at) => {
    const row = Math.floor(at / classes)
    const rest = 1 - probabilities[row * classes + labels[row]!]!
    if (at % classes === labels[row]) return 1
    return rest <= Number.EPSILON ? 0 : -p / rest
  })
}

/** 1 − p of the label, averaged over the members, thousandths. */
function meanDoubt({ labels, classes }: BenchData, perMember: readonly Float64Array[]): Uint16Array {
  return Uint16Array.from(labels, (label, row) => {
    const sum = perMember.reduce((total, p) => total + 1 - p[row * classes + label]!, 0)
    return roundHalfEven((1000 * sum) / perMember.length)
  })
}

/** Rows of all members, one after the other. */
function sideBySide(members: readonly Float64Array[], size: number): Float64Array {
  const rank = size * members.length
  const out = new Float64Array(members.length * members[0]!.length)
  members.forEach((rows, member) => {
    for (let row = 0; row * size < rows.length; row++)
      out.set(rows.subarray(row * size, (row + 1) * size), row * rank + member * size)
  })
  return out
}

/** The rows of one member. */
function columns({ count, rank, factors, multipliers }: DenseRows, from: number, size: number): DenseRows {
  const part = new Int8Array(count * size)
  for (let row = 0; row < count; row++)
    part.set(factors.subarray(row * rank + from, row * rank + from + size), row * size)
  return { kind: 'dense', count, rank: size, factors: part, multipliers }
}
