import { denseRows } from '../../../extractors/dense-rows.ts'
import { unitExponentOf } from '../../../extractors/factored-rows.ts'
import { projectGradients } from '../../../extractors/projected-gradients.ts'
import { fullCurvature } from '../../../jobs/attribution/bilinear/curvature.ts'
import type { Kernels } from '../../../jobs/attribution/kernel/kernels.ts'
import type { Setting } from '../protocol.ts'
import { bytesARow, pairLosses, pairsOf } from './engine.ts'
import type { Prediction } from './method.ts'

/** Of the signs; checkpoints of TRAK have the seeds below. */
const SEED = 1_000

/** `influence/dense` on loss gradients projected as TRAK, LoGra and dattri write them, in the engine's integers. */
export async function predictDense(setting: Setting, kernels: Kernels): Promise<Prediction> {
  const { data, ensemble, directions } = setting
  const { train } = data.parts
  const errors = ensemble.probabilities.map(
    (p, at) => p - (at % data.classes === data.labels[Math.floor(at / data.classes)] ? 1 : 0),
  )
  const gradients = projectGradients(data.inputs, errors, directions, SEED)
  const unit = unitExponentOf(gradients)
  const items = denseRows(gradients.subarray(0, train * directions), directions, unit)
  const events = denseRows(gradients.subarray(train * directions), directions, unit)
  const curvature = fullCurvature(await kernels.curvature(items, 'gram', 0, items.count), directions)
  return {
    name: `influence/dense@1 int8, k = ${directions}`,
    bytes: bytesARow(items),
    predicted: (await pairLosses(setting, [pairsOf(items, events)], curvature, kernels))[0]!,
  }
}
