import { principalBasis, project } from '../../../extractors/basis.ts'
import { factoredRows, unitExponentOf } from '../../../extractors/factored-rows.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { selectRows } from '../../../extractors/sparse-rows.ts'
import { type Curvature, factorise, solveDemand } from '../../../jobs/attribution/bilinear/demand-vector.ts'
import {
  eventGradients,
  type GradientRows,
  itemGradients,
  vectorBits,
} from '../../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../../jobs/attribution/bilinear/leverage.ts'
import { plainKernels } from '../../../jobs/attribution/kernel/plain.ts'
import type { FactoredRows, FeatureRows } from '../../../jobs/attribution/rows.ts'
import type { Setting } from '../protocol.ts'
import { lossesFromPairsInTurn, type Prediction, testedEvents } from './method.ts'

/** Dimensions in which an image is looked at. */
const RANK = 100

/** Features as an extractor would publish them: the training samples' and the events'. */
export interface Recorded<Rows extends FeatureRows> {
  readonly items: Rows
  readonly events: Rows
}

/** r = 100 principal directions of the training inputs; probabilities by averaged weights. */
export function recordFactored(setting: Setting): Recorded<FactoredRows> {
  const { data, ensemble } = setting
  const random = Xoshiro128.fromSeed(data.seed).fork('eigenvectors')
  const training = selectRows(data.inputs, [...Array(data.parts.train).keys()])
  const coordinates = project(principalBasis(training, RANK, random), data.inputs)
  const unit = unitExponentOf(coordinates)
  const part = (from: number, to: number) =>
    factoredRows(
      {
        rank: RANK,
        classes: data.classes,
        coordinates: coordinates.subarray(from * RANK, to * RANK),
        probabilities: ensemble.probabilities.subarray(from * data.classes, to * data.classes),
        checkpoints: [],
        labels: data.labels.subarray(from, to),
      },
      unit,
    )
  return { items: part(0, data.parts.train), events: part(data.parts.train, data.labels.length) }
}

/** `influence/factored` as the engine computes it in integers, with its tempering β = .1 and with .05, and gradient dot. */
export async function predictFactored(setting: Setting, recorded: Recorded<FactoredRows>): Promise<Prediction[]> {
  const { items, events } = recorded
  const curvature = factorise(
    await plainKernels.curvature(items, 'softmax', 0, items.count),
    items.rank * items.classes,
  )
  const capped = cappedMultipliers(items)
  const bytes = bytesARow(items)
  const scored = (gradients: GradientRows, u: ArrayLike<number>, solved: Curvature | undefined) =>
    pairLosses(setting, gradients, u, eventGradients(events), solved)
  return [
    {
      name: 'influence/factored int8, r = 100, β = .1',
      bytes,
      predicted: await scored(itemGradients(items), capped, curvature),
    },
    {
      name: 'influence/factored int8, r = 100, β = .05',
      bytes,
      predicted: await scored(tempered(items, 19, 1), capped, curvature),
    },
    {
      name: 'gradient dot int8, r = 100',
      bytes,
      predicted: await scored(eventGradients(items), items.multipliers, undefined),
    },
  ]
}

/** Each pair's score as `explain` has it: one solve an event, then one projection of all items. */
export async function pairLosses(
  setting: Setting,
  items: GradientRows,
  u: ArrayLike<number>,
  events: GradientRows,
  curvature: Curvature | undefined,
) {
  const bits = vectorBits(items)
  return lossesFromPairsInTurn(setting, testedEvents(setting), async (event) => {
    const gradient = gradientOf(events, event)
    const v = curvature === undefined ? Int32Array.from(gradient) : solveDemand(gradient.map(BigInt), curvature, bits).v
    const projections = await plainKernels.project(items, v)
    return projections.map((projection, item) => projection * u[item]!)
  })
}

export function bytesARow(rows: FeatureRows): number {
  const parts = [rows.factors, rows.multipliers, ...(rows.kind === 'factored' ? [rows.probabilities, rows.labels] : [])]
  return parts.reduce((sum, part) => sum + part.byteLength, 0) / rows.count
}

/** errors ⊗ factors of one row, cell class · rank + dim. */
function gradientOf({ rank, classes, factors, errors }: GradientRows, row: number): number[] {
  return Array.from(
    { length: rank * classes },
    (_, cell) => errors[row * classes + Math.floor(cell / rank)]! * factors[row * rank + (cell % rank)]!,
  )
}

/** Tempered errors with other parts than the engine's 18 and 2 of 20. */
function tempered(rows: FactoredRows, modelParts: number, uniformParts: number): GradientRows {
  const { count, rank, classes, factors, multipliers, probabilities, labels } = rows
  const uniform = Math.floor(1000 / classes)
  const errors = Int16Array.from(probabilities, (p, at) => {
    const onehot = at % classes === labels[Math.floor(at / classes)] ? 1000 : 0
    return modelParts * (p - onehot) + uniformParts * (uniform - onehot)
  })
  return { count, rank, classes, factors, multipliers, errors }
}
