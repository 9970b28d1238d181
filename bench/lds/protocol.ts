import { averagedWeights } from '../../extractors/ensemble.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import type { BenchData } from './data.ts'
import { allProbabilities, type LearnerName, type Training } from './learners.ts'
import type { Losses } from './score.ts'
import { type TrainingOptions, trainAll } from './trainings.ts'

/** What every method is given, and what it is judged by. */
export interface Setting {
  /** Principal directions in which inputs are looked at. */
  readonly rank: number
  /** Random directions in which gradients are looked at. */
  readonly directions: number
  readonly data: BenchData
  /** Members of each half of the training samples. */
  readonly subsets: readonly (readonly number[])[]
  /** Losses of held-out events, then tested ones, by models trained on each subset. */
  readonly truth: Losses
  /** The same once more, from other random starts and orders. */
  readonly again: Losses
  readonly ensemble: Ensemble
}

/** Models trained on all training samples from several starts. */
export interface Ensemble {
  readonly members: readonly Float64Array[]
  /** Samples × classes: of the model with averaged weights, or averaged where weights cannot be (hidden units have no order). */
  readonly probabilities: Float64Array
}

export interface ProtocolOptions extends TrainingOptions {
  readonly subsets: number
  readonly members: number
  readonly rank: number
  readonly directions: number
}

/** Members of the ensemble that are averaged for the features. */
const AVERAGED = 5

/** Half of the training samples for each subset, models trained on each, and the ensemble on all of them. */
export async function prepare(data: BenchData, learner: LearnerName, options: ProtocolOptions): Promise<Setting> {
  const subsets = halves(data, options.subsets)
  const onSubsets = (round: string): Training[] =>
    subsets.map((members, index) => ({ learner, members, run: `${round} ${index}`, gives: 'losses' }))
  const all = [...Array(data.parts.train).keys()]
  const whole = Array.from({ length: options.members }, (_, index): Training => {
    return { learner, members: all, run: `member ${index}`, gives: 'weights' }
  })
  const trained = await trainAll(data, [...whole, ...onSubsets('first'), ...onSubsets('second')], options)
  const members = trained.slice(0, options.members)
  return {
    rank: options.rank,
    directions: options.directions,
    data,
    subsets,
    truth: asLosses(trained.slice(options.members, options.members + subsets.length)),
    again: asLosses(trained.slice(options.members + subsets.length)),
    ensemble: { members, probabilities: averagedProbabilities(data, learner, members.slice(0, AVERAGED)) },
  }
}

/** Random halves of the training samples. */
function halves({ seed, parts }: BenchData, count: number): number[][] {
  const random = Xoshiro128.fromSeed(seed).fork('subsets')
  const all = [...Array(parts.train).keys()]
  return Array.from({ length: count }, (_, index) =>
    random
      .fork(`subset ${index}`)
      .shuffle(all)
      .slice(0, parts.train >> 1)
      .sort((a, b) => a - b),
  )
}

function averagedProbabilities(data: BenchData, learner: LearnerName, members: readonly Float64Array[]): Float64Array {
  if (learner === 'logistic regression') return allProbabilities(data, learner, averagedWeights(members))
  return averagedWeights(members.map((weights) => allProbabilities(data, learner, weights)))
}

/** One array of event losses a subset, turned so that an event's losses lie side by side. */
function asLosses(bySubset: readonly Float64Array[]): Losses {
  const events = bySubset[0]!.length
  const subsets = bySubset.length
  const values = new Float64Array(events * subsets)
  bySubset.forEach((losses, subset) => {
    for (let event = 0; event < events; event++) values[event * subsets + subset] = losses[event]!
  })
  return { events, subsets, values }
}
