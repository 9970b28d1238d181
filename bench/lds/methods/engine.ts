import { principalBasis, project } from '../../../extractors/basis.ts'
import { factoredRows, unitExponentOf } from '../../../extractors/factored-rows.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { selectRows } from '../../../extractors/sparse-rows.ts'
import { type Curvature, fullCurvature, noCurvature } from '../../../jobs/attribution/bilinear/curvature.ts'
import { solveDemand } from '../../../jobs/attribution/bilinear/demand-vector.ts'
import {
  eventGradients,
  type GradientRows,
  itemGradients,
  vectorBits,
} from '../../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../../jobs/attribution/bilinear/leverage.ts'
import type { Kernels } from '../../../jobs/attribution/kernel/kernels.ts'
import type { FactoredRows, FeatureRows } from '../../../jobs/attribution/rows.ts'
import type { Setting } from '../protocol.ts'
import type { Losses } from '../score.ts'
import { lossesFromPairs, type Prediction, testedEvents } from './method.ts'

/** Features as an extractor would publish them: the training samples' and the events'. */
export interface Recorded<Rows extends FeatureRows> {
  readonly items: Rows
  readonly events: Rows
}

/** Principal directions of the training inputs; probabilities by averaged weights. */
export function recordFactored(setting: Setting): Recorded<FactoredRows> {
  const { data, ensemble, rank } = setting
  const random = Xoshiro128.fromSeed(data.seed).fork('eigenvectors')
  const training = selectRows(data.inputs, [...Array(data.parts.train).keys()])
  const coordinates = project(principalBasis(training, rank, random), data.inputs)
  const unit = unitExponentOf(coordinates)
  const part = (from: number, to: number) =>
    factoredRows(
      {
        rank,
        classes: data.classes,
        coordinates: coordinates.subarray(from * rank, to * rank),
        probabilities: ensemble.probabilities.subarray(from * data.classes, to * data.classes),
        checkpoints: [],
        labels: data.labels.subarray(from, to),
      },
      unit,
    )
  return { items: part(0, data.parts.train), events: part(data.parts.train, data.labels.length) }
}

/** `influence/factored` in the engine's integers, with its tempering β = .1 and with .05; gradient dot on the same rows. */
export async function predictFactored(
  setting: Setting,
  { items, events }: Recorded<FactoredRows>,
  kernels: Kernels,
): Promise<Prediction[]> {
  const size = items.rank * items.classes
  const curvature = fullCurvature(await kernels.curvature(items, 'softmax', 0, items.count), size)
  const pairs = pairsOf(items, events)
  const halfTempered = { ...pairs, items: tempered(items, 19, 1) }
  const [tenth, half] = await pairLosses(setting, [pairs, halfTempered], curvature, kernels)
  const [dot] = await pairLosses(setting, [pairs], noCurvature(size), kernels)
  const bytes = bytesARow(items)
  return [
    { name: `influence/factored@2 int8, r = ${items.rank}, β = .1`, bytes, predicted: tenth! },
    { name: `influence/factored int8, r = ${items.rank}, β = .05`, bytes, predicted: half! },
    { name: `gradient-dot@1 int8, r = ${items.rank}`, bytes, predicted: dot! },
  ]
}

/** Gradients of contributions with their capped multipliers, and of uses. */
export interface Pairs {
  readonly items: GradientRows
  readonly u: Uint32Array
  readonly events: GradientRows
}

export function pairsOf(items: FeatureRows, events: FeatureRows): Pairs {
  return { items: itemGradients(items), u: cappedMultipliers(items), events: eventGradients(events) }
}

/**
 * Losses by each pair's score as `explain` has it: one solve an event, then one projection of all items.
 *
 * @param each with the same events: their solves are shared
 */
export async function pairLosses(
  setting: Setting,
  each: readonly Pairs[],
  curvature: Curvature,
  kernels: Kernels,
): Promise<Losses[]> {
  const { from, to } = testedEvents(setting)
  const scores: Float64Array[][] = each.map(() => [])
  for (let event = from; event < to; event++) {
    const bits = Math.min(...each.map(({ items }) => vectorBits(items)))
    const { v } = solveDemand(gradientOf(each[0]!.events, event), curvature, bits)
    for (const [index, { items, u }] of each.entries()) {
      const projections = await kernels.project(items, v)
      scores[index]!.push(projections.map((projection, item) => projection * u[item]!))
    }
  }
  return scores.map((ofOne) => lossesFromPairs(setting, { from, to }, (event) => ofOne[event - from]!))
}

export function bytesARow(rows: FeatureRows): number {
  const parts = [rows.factors, rows.multipliers, ...(rows.kind === 'factored' ? [rows.probabilities, rows.labels] : [])]
  return parts.reduce((sum, part) => sum + part.byteLength, 0) / rows.count
}

/** errors ⊗ factors of one row, cell class · rank + dim. */
function gradientOf({ rank, classes, factors, errors }: GradientRows, row: number): bigint[] {
  return Array.from({ length: rank * classes }, (_, cell) =>
    BigInt(errors[row * classes + Math.floor(cell / rank)]! * factors[row * rank + (cell % rank)]!),
  )
}

/** Tempered errors with other parts than the engine's 18 and 2 of 20. */
function tempered(rows: FactoredRows, modelParts: number, uniformParts: number): GradientRows {
  const { classes, probabilities, labels } = rows
  const uniform = Math.floor(1000 / classes)
  const errors = Int16Array.from(probabilities, (p, at) => {
    const onehot = at % classes === labels[Math.floor(at / classes)] ? 1000 : 0
    return modelParts * (p - onehot) + uniformParts * (uniform - onehot)
  })
  return { ...itemGradients(rows), errors }
}
