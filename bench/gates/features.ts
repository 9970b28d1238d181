import { CLASSES } from '../../examples/digits/dataset.ts'
import {
  extractContributionFeatures,
  extractInferenceFeatures,
  type FeatureMap,
  makeFeatureMap,
} from '../../examples/digits/features.ts'
import { type DigitModel, trainModel } from '../../examples/digits/model.ts'
import { fitProjection } from '../../examples/digits/projection.ts'
import type { FactoredRows, PeriodEvents } from '../../jobs/attribution/rows.ts'
import { factored, pickRows } from '../../jobs/incentives/event-rows.ts'
import type { Sample } from './world.ts'

/** A model with the map by which its features are extracted. */
export interface Trained {
  readonly model: DigitModel
  readonly map: FeatureMap
}

export async function train(samples: readonly Sample[], rank: number, seed: string): Promise<Trained> {
  const images = samples.map(({ image }) => image)
  const projection = fitProjection(images, rank, seed)
  const labels = Uint8Array.from(samples, ({ label }) => label)
  return { model: await trainModel({ images, labels }, { projection, seed }), map: makeFeatureMap(projection, images) }
}

/** Rows of contributions. Checkpoints are left out: they only make intervals. */
export function itemRows({ model, map }: Trained, samples: readonly Sample[]): FactoredRows {
  const rows = emptyRows(samples, map.rank)
  for (const [at, { image, label }] of samples.entries()) {
    const { a, ua, p } = extractContributionFeatures(map, model, image, label)
    writeRow(rows, at, a, ua, p)
  }
  return rows
}

/** Paid uses with the labels given, each with its fee. */
export function eventRows({ model, map }: Trained, samples: readonly Sample[], fees: ArrayLike<number>): PeriodEvents {
  const rows = emptyRows(samples, map.rank)
  const p16 = new Uint16Array(samples.length)
  for (const [at, { image, label }] of samples.entries()) {
    const features = extractInferenceFeatures(map, model, image, label)
    writeRow(rows, at, features.b, features.ub, features.p)
    p16[at] = features.p16
  }
  return { rows, p16, fees: Float64Array.from(fees), own: new Uint8Array(samples.length) }
}

function emptyRows(samples: readonly Sample[], rank: number): FactoredRows {
  const count = samples.length
  return {
    kind: 'factored',
    count,
    rank,
    classes: CLASSES,
    checkpointCount: 0,
    factors: new Int8Array(count * rank),
    multipliers: new Uint16Array(count),
    probabilities: new Uint16Array(count * CLASSES),
    checkpoints: new Uint16Array(),
    labels: Uint16Array.from(samples, ({ label }) => label),
  }
}

function writeRow(rows: FactoredRows, at: number, factors: Int8Array, multiplier: number, p: readonly number[]): void {
  rows.factors.set(factors, at * rows.rank)
  rows.multipliers[at] = multiplier
  rows.probabilities.set(p, at * CLASSES)
}

export function pickEvents(events: PeriodEvents, indices: ArrayLike<number>): PeriodEvents {
  return {
    rows: pickRows(factored(events), indices),
    p16: Uint16Array.from(indices, (from) => events.p16[from]!),
    fees: Float64Array.from(indices, (from) => events.fees[from]!),
    own: Uint8Array.from(indices, (from) => events.own[from]!),
  }
}
