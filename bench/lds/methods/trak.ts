import { unitExponentOf } from '../../../extractors/factored-rows.ts'
import { projectGradients } from '../../../extractors/projected-gradients.ts'
import { quantise } from '../../../extractors/quantise.ts'
import { denseAsRows } from '../../../extractors/sparse-rows.ts'
import type { BenchData } from '../data.ts'
import { allProbabilities } from '../learners.ts'
import type { Setting } from '../protocol.ts'
import { type EventRange, type Losses, linearDatamodelingScore } from '../score.ts'
import { type Curvature, damped, type Gradients, lossesOf, solveAll, subsetSums } from './bilinear.ts'
import { heldOutEvents, type Prediction, testedEvents } from './method.ts'

/** Random directions of each checkpoint. */
const RANK = 512
const DAMPINGS = [0.03, 0.1, 0.3, 1, 3, 10]

/**
 * TRAK (Park et al. 2023) as an ensemble: each checkpoint has projections of its own; their kernels are averaged, the
 * weights 1 − p are averaged, and the two are multiplied. Projections are stored as int8, the kernel is on the event's side.
 */
export function predictTrak(setting: Setting): Prediction {
  const { data, ensemble } = setting
  const perMember = ensemble.members.map((weights) => allProbabilities(data, 'logistic regression', weights))
  const doubt = meanDoubt(data, perMember)
  const members = perMember.map((probabilities, index) => memberOf(setting, probabilities, index, doubt))
  const heldOut = heldOutEvents(setting)
  const scores = DAMPINGS.map((damping) =>
    linearDatamodelingScore(setting.truth, lossesBy(setting, members, damping, heldOut), heldOut),
  )
  const damping = DAMPINGS[scores.indexOf(Math.max(...scores))]!
  return {
    name: `TRAK, ${members.length} checkpoints, int8, k = ${RANK}`,
    bytes: members.length * (RANK + 2) + 2,
    predicted: lossesBy(setting, members, damping, testedEvents(setting)),
    chosen: { damping },
  }
}

interface Member {
  /** Projected margin gradients; errors are 1. */
  readonly events: Gradients
  /** Subsets × k: Σ doubt · gradient. */
  readonly sums: Float64Array
  readonly kernel: Curvature
}

function memberOf({ data, subsets }: Setting, probabilities: Float64Array, index: number, doubt: Float64Array): Member {
  const margins = projectGradients(data.inputs, marginErrors(data, probabilities), RANK, index)
  const inputs = denseAsRows(roundToInt8(margins), RANK)
  const { train } = data.parts
  return {
    events: { inputs, outputs: 1, errors: new Float64Array(data.labels.length).fill(1) },
    sums: subsetSums({ inputs, outputs: 1, errors: doubt }, subsets),
    kernel: gram(inputs.values.subarray(0, train * RANK)),
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

function meanDoubt({ labels, classes }: BenchData, perMember: readonly Float64Array[]): Float64Array {
  return Float64Array.from(labels, (label, row) => {
    const sum = perMember.reduce((total, p) => total + 1 - p[row * classes + label]!, 0)
    return sum / perMember.length
  })
}

function lossesBy(setting: Setting, members: readonly Member[], damping: number, range: EventRange): Losses {
  const { train } = setting.data.parts
  const each = members.map(({ events, sums, kernel }) => {
    const factor = damped(kernel, (damping * kernel.trace) / kernel.size)
    return lossesOf(events, train, range, solveAll(factor, sums, kernel.size))
  })
  const values = new Float64Array(each[0]!.values.length)
  for (const losses of each) for (let at = 0; at < values.length; at++) values[at]! += losses.values[at]!
  return { events: range.to - range.from, subsets: setting.subsets.length, values }
}

function roundToInt8(rows: Float64Array): Float64Array {
  const unit = unitExponentOf(rows)
  const out = new Float64Array(rows.length)
  for (let from = 0; from < rows.length; from += RANK) {
    const { factors, multiplier } = quantise(rows.subarray(from, from + RANK), unit)
    for (let k = 0; k < RANK; k++) out[from + k] = factors[k]! * multiplier * 2 ** -unit
  }
  return out
}

/** Σ φ φᵀ, lower half. */
function gram(rows: Float64Array): Curvature {
  const matrix = new Float64Array(RANK * RANK)
  for (let from = 0; from < rows.length; from += RANK) {
    for (let i = 0; i < RANK; i++) {
      const value = rows[from + i]!
      for (let j = 0; j <= i; j++) matrix[i * RANK + j]! += value * rows[from + j]!
    }
  }
  let trace = 0
  for (let i = 0; i < RANK; i++) trace += matrix[i * RANK + i]!
  return { size: RANK, matrix, trace }
}
