import { principalBasis, randomRotation, turned } from '../../../extractors/basis.ts'
import { unitExponentOf } from '../../../extractors/factored-rows.ts'
import { quantise, roundHalfEven } from '../../../extractors/quantise.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { denseAsRows, type SparseRows, selectRows } from '../../../extractors/sparse-rows.ts'
import type { Setting } from '../protocol.ts'
import { type Prediction, testedEvents } from './method.ts'
import { chooseDamping, coordinates, influenceLosses, softmaxCurvature, softmaxGradients } from './softmax-influence.ts'

/** λ chosen on held-out events in the leading directions, where a solve is quick; it is a curvature, so it holds in all. */
export function chooseLambda(setting: Setting): number {
  const inputs = coordinates(setting, principal(setting, setting.rank))
  return chooseDamping(setting, softmaxGradients(setting, inputs), softmaxCurvature(setting, inputs))
}

/** Influence of the whole last layer in floats: nothing projected, nothing rounded. The oracle for a small head. */
export function predictExact(setting: Setting, lambda: number): Prediction {
  const inputs = withoutDark(setting)
  const gradients = softmaxGradients(setting, inputs)
  const curvature = softmaxCurvature(setting, inputs)
  return {
    name: 'exact influence, float64',
    bytes: 8 * (setting.data.inputs.size - 1 + setting.data.classes),
    predicted: influenceLosses(setting, gradients, gradients, curvature, lambda, testedEvents(setting)),
    chosen: { lambda },
  }
}

/** The same from int8 coordinates: principal directions, turned at random so that all are of one size. */
export function predictExactQuantised(setting: Setting, rank: number, tempering: number, lambda: number): Prediction {
  const random = Xoshiro128.fromSeed(setting.data.seed).fork('rotation')
  const basis = turned(principal(setting, rank), randomRotation(rank, random))
  const inputs = quantised(coordinates(setting, basis))
  const p = setting.ensemble.probabilities.map((value) => roundHalfEven(1000 * value) / 1000)
  const items = softmaxGradients(setting, inputs, p, tempering)
  const events = softmaxGradients(setting, inputs, p)
  const predicted = influenceLosses(
    setting,
    items,
    events,
    softmaxCurvature(setting, inputs),
    lambda,
    testedEvents(setting),
  )
  const bytes = rank + 2 + 2 * setting.data.classes + 2
  return { name: `exact influence, PCA + rotation, int8, r = ${rank}`, bytes, predicted, chosen: { lambda } }
}

export function principal({ data }: Setting, rank: number) {
  const random = Xoshiro128.fromSeed(data.seed).fork('eigenvectors')
  return principalBasis(selectRows(data.inputs, [...Array(data.parts.train).keys()]), rank, random)
}

/** Each row through int8 factors and its multiplier, and back. */
function quantised(rows: SparseRows): SparseRows {
  const unit = unitExponentOf(rows.values)
  const values = new Float64Array(rows.values.length)
  for (let row = 0; row < rows.count; row++) {
    const { factors, multiplier } = quantise(rows.values.subarray(row * rows.size, (row + 1) * rows.size), unit)
    values.set(
      Float64Array.from(factors, (factor) => factor * multiplier * 2 ** -unit),
      row * rows.size,
    )
  }
  return denseAsRows(values, rows.size)
}

/** Inputs without the columns that no training sample lights: there the curvature is λ alone, and no item has a gradient. */
function withoutDark({ data: { inputs, parts } }: Setting): SparseRows {
  const isLit = new Uint8Array(inputs.size)
  for (let at = 0; at < inputs.starts[parts.train]!; at++) isLit[inputs.columns[at]!] = 1
  const place = new Int32Array(inputs.size).fill(-1)
  let size = 0
  for (let column = 0; column < inputs.size; column++) if (isLit[column]) place[column] = size++
  const starts = new Uint32Array(inputs.count + 1)
  const columns: number[] = []
  const values: number[] = []
  for (let row = 0; row < inputs.count; row++) {
    for (let at = inputs.starts[row]!, end = inputs.starts[row + 1]!; at < end; at++) {
      if (place[inputs.columns[at]!]! < 0) continue
      columns.push(place[inputs.columns[at]!]!)
      values.push(inputs.values[at]!)
    }
    starts[row + 1] = columns.length
  }
  return { count: inputs.count, size, starts, columns: Uint32Array.from(columns), values: Float64Array.from(values) }
}
