import { randomRotation } from '../../../extractors/basis.ts'
import { denseRows } from '../../../extractors/dense-rows.ts'
import { topEigenvectors } from '../../../extractors/eigen.ts'
import { unitExponentOf } from '../../../extractors/factored-rows.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { noCurvature } from '../../../jobs/attribution/bilinear/curvature.ts'
import type { Kernels } from '../../../jobs/attribution/kernel/kernels.ts'
import type { Setting } from '../protocol.ts'
import type { Curvature, Gradients } from './bilinear.ts'
import { pairLosses, pairsOf } from './engine.ts'
import { principal } from './exact.ts'
import type { Prediction } from './method.ts'
import { coordinates, softmaxCurvature, softmaxGradients } from './softmax-influence.ts'

const TEMPERING = 0.05

/** `influence/exact@1`: half of the inverse curvature to each side in floats, turned at random, then int8; what is left is a dot product. */
export async function predictWhitened(setting: Setting, lambda: number, kernels: Kernels): Promise<Prediction> {
  const { train } = setting.data.parts
  const random = Xoshiro128.fromSeed(setting.data.seed).fork('whitening')
  const inputs = coordinates(setting, principal(setting, setting.rank))
  const whitening = inverseRoot(softmaxCurvature(setting, inputs), lambda, random)
  const items = whitened(softmaxGradients(setting, inputs, undefined, TEMPERING), 0, train, whitening)
  const events = whitened(softmaxGradients(setting, inputs), train, inputs.count, whitening)
  const rank = items.length / train
  const unit = Math.min(unitExponentOf(items), unitExponentOf(events))
  const recorded = pairsOf(denseRows(items, rank, unit), denseRows(events, rank, unit))
  return {
    name: `influence/exact@1 int8, k = ${rank}, β = ${TEMPERING}`,
    bytes: rank + 2,
    predicted: (await pairLosses(setting, [recorded], noCurvature(rank), kernels))[0]!,
    chosen: { lambda },
  }
}

/** R·(K + λI)^(−1/2) with a random rotation R, row by row. */
function inverseRoot({ size, matrix }: Curvature, lambda: number, random: Xoshiro128): Float64Array {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j]!
  const { values, vectors } = topEigenvectors(matrix, size, size, random)
  const rotation = randomRotation(size, random)
  const out = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const weight = rotation[i * size + k]! / Math.sqrt(Math.max(0, values[k]!) + lambda)
      for (let j = 0; j < size; j++) out[i * size + j]! += weight * vectors[k * size + j]!
    }
  }
  return out
}

/** Rows from … to − 1. */
function whitened(
  { inputs, outputs, errors }: Gradients,
  from: number,
  to: number,
  whitening: Float64Array,
): Float64Array {
  const size = outputs * inputs.size
  const out = new Float64Array((to - from) * size)
  const gradient = new Float64Array(size)
  for (let row = from; row < to; row++) {
    for (let cell = 0; cell < size; cell++) {
      const input = inputs.values[row * inputs.size + (cell % inputs.size)]!
      gradient[cell] = errors[row * outputs + Math.floor(cell / inputs.size)]! * input
    }
    for (let i = 0; i < size; i++) {
      let sum = 0
      for (let j = 0; j < size; j++) sum += whitening[i * size + j]! * gradient[j]!
      out[(row - from) * size + i] = sum
    }
  }
  return out
}
