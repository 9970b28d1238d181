import { Xoshiro128 } from '../../extractors/random.ts'
import { mean, pearson, spearman } from '../statistics.ts'
import type { LearnerName, Training } from './learners.ts'
import type { Prediction } from './methods/method.ts'
import type { Setting } from './protocol.ts'
import { type TrainingOptions, trainAll } from './trainings.ts'

export interface ContributorResult {
  readonly contributors: number
  readonly coalitions: number
  /** Correlation between the values of two halves of the coalitions: how far the truth itself can be trusted. */
  readonly splitHalf: number
  readonly methods: readonly { readonly name: string; readonly spearman: number; readonly pearson: number }[]
}

export interface Contributors {
  /** Samples of each. */
  readonly members: readonly (readonly number[])[]
  /** Banzhaf values: what a contributor adds, on average, to a random coalition of the others. */
  readonly values: Float64Array
  readonly halves: readonly [Float64Array, Float64Array]
  readonly coalitions: number
}

/**
 * Trains on random coalitions of contributors and says by how much the tested loss is lower where each takes part (Banzhaf
 * values by maximum sample reuse: Wang and Jia 2023).
 */
export async function valueContributors(
  { data }: Setting,
  learner: LearnerName,
  { contributors, coalitions }: { contributors: number; coalitions: number },
  options: TrainingOptions,
): Promise<Contributors> {
  const size = Math.floor(data.parts.train / contributors)
  const members = Array.from({ length: contributors }, (_, c) => Array.from({ length: size }, (_, i) => c * size + i))
  const random = Xoshiro128.fromSeed(data.seed).fork('coalitions')
  const drawn = Array.from({ length: coalitions }, (_, at) =>
    random
      .fork(`coalition ${at}`)
      .shuffle([...members.keys()])
      .slice(0, contributors >> 1),
  )
  const trainings = drawn.map((coalition, at): Training => {
    const samples = coalition.flatMap((contributor) => members[contributor]!).sort((a, b) => a - b)
    return { learner, members: samples, run: `coalition ${at}`, gives: 'losses' }
  })
  const losses = await trainAll(data, trainings, options)
  const utilities = Float64Array.from(losses, (each) => -mean(each.subarray(data.parts.heldOut)))
  const valuesOf = (isUsed: (at: number) => boolean) => banzhaf(drawn, utilities, contributors, isUsed)
  return {
    members,
    values: valuesOf(() => true),
    halves: [valuesOf((at) => at % 2 === 0), valuesOf((at) => at % 2 === 1)],
    coalitions,
  }
}

/** Each method's score of a contributor is the sum over its samples and all tested events. */
export function compareContributors(truth: Contributors, predictions: readonly Prediction[]): ContributorResult {
  return {
    contributors: truth.members.length,
    coalitions: truth.coalitions,
    splitHalf: spearman(...truth.halves),
    methods: predictions.map(({ name, predicted: { events, subsets, values } }) => {
      const scores = new Float64Array(subsets)
      for (let event = 0; event < events; event++)
        for (let c = 0; c < subsets; c++) scores[c]! -= values[event * subsets + c]!
      return { name, spearman: spearman(truth.values, scores), pearson: pearson(truth.values, scores) }
    }),
  }
}

function banzhaf(
  coalitions: readonly (readonly number[])[],
  utilities: Float64Array,
  contributors: number,
  isUsed: (at: number) => boolean,
): Float64Array {
  const sums = { with: new Float64Array(contributors), without: new Float64Array(contributors) }
  const counts = { with: new Float64Array(contributors), without: new Float64Array(contributors) }
  coalitions.forEach((coalition, at) => {
    if (!isUsed(at)) return
    const takesPart = new Set(coalition)
    for (let c = 0; c < contributors; c++) {
      const side = takesPart.has(c) ? 'with' : 'without'
      sums[side][c]! += utilities[at]!
      counts[side][c]! += 1
    }
  })
  return sums.with.map((sum, c) => sum / counts.with[c]! - sums.without[c]! / counts.without[c]!)
}
