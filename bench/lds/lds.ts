import { type DataName, loadData, type Parts } from './data.ts'
import type { LearnerName } from './learners.ts'
import { predictDense } from './methods/dense.ts'
import { predictFactored, recordFactored } from './methods/engine.ts'
import { chooseLambda, predictExact, predictExactQuantised } from './methods/exact.ts'
import { predictKnnShapley } from './methods/knn-shapley.ts'
import { type Prediction, testedEvents } from './methods/method.ts'
import { predictMlp } from './methods/mlp.ts'
import { predictTrak } from './methods/trak.ts'
import { prepare, type Setting } from './protocol.ts'
import { linearDatamodelingScore } from './score.ts'

export interface LdsOptions {
  readonly seed: string
  readonly size: LdsSize
  readonly threads: number
  readonly cache?: string
  readonly onProgress?: (text: string) => void
}

export interface LdsSize {
  readonly parts: Parts
  readonly subsets: number
  readonly members: number
  /** Dimensions of the quantised exact influence. */
  readonly exactRank: number
}

/** The protocol of the literature. */
export const FULL: LdsSize = {
  parts: { train: 5_000, heldOut: 500, test: 500 },
  subsets: 100,
  members: 10,
  exactRank: 400,
}
/** Everything once, in seconds; its figures mean little. */
export const QUICK: LdsSize = { parts: { train: 600, heldOut: 60, test: 60 }, subsets: 16, members: 5, exactRank: 120 }

export interface LdsResult {
  readonly seed: string
  readonly retest: number
  readonly methods: readonly MethodScore[]
  readonly mlp: Scores
}

interface Scores {
  readonly retest: number
  readonly methods: readonly MethodScore[]
}

export interface MethodScore {
  readonly name: string
  readonly lds: number
  readonly bytes: number
  readonly chosen?: Readonly<Record<string, number>>
}

/** Checkpoints of the network whose scores are averaged. */
const MLP_CHECKPOINTS = 5

/** Measures how well each method foretells what training on half of the data does to each test sample: docs/quality.md. */
export async function benchLds(options: LdsOptions): Promise<LdsResult> {
  const setting = await trained('digits', 'logistic regression', options)
  const methods: MethodScore[] = []
  for await (const prediction of predictions(setting, options)) methods.push(scored(setting, prediction, options))
  const network = await trained('digits', 'MLP', options)
  const mlp = predictMlp(network, MLP_CHECKPOINTS, 0.05).map((prediction) => scored(network, prediction, options))
  return {
    seed: options.seed,
    retest: retest(setting),
    methods,
    mlp: { retest: retest(network), methods: mlp },
  }
}

function scored(setting: Setting, { name, bytes, predicted, chosen }: Prediction, options: LdsOptions): MethodScore {
  const lds = linearDatamodelingScore(setting.truth, predicted, testedEvents(setting))
  options.onProgress?.(`${name}: ${lds.toFixed(3)}`)
  return { name, lds, bytes, ...(chosen === undefined ? {} : { chosen }) }
}

async function trained(name: DataName, learner: LearnerName, options: LdsOptions): Promise<Setting> {
  const { seed, size, threads, cache, onProgress } = options
  const data = await loadData(name, seed, size.parts)
  return prepare(data, learner, {
    threads,
    subsets: size.subsets,
    members: size.members,
    ...(cache === undefined ? {} : { cache }),
    onProgress: (done, total) => {
      if (done % 10 === 0 || done === total) onProgress?.(`${name}, ${learner}: ${done} of ${total} models`)
    },
  })
}

async function* predictions(setting: Setting, { size }: LdsOptions): AsyncGenerator<Prediction> {
  const recorded = recordFactored(setting)
  yield* await predictFactored(setting, recorded)
  yield await predictDense(setting)
  yield predictKnnShapley(setting, recorded)
  yield predictTrak(setting)
  const lambda = chooseLambda(setting)
  yield predictExactQuantised(setting, size.exactRank, 0.05, lambda)
  yield predictExact(setting, lambda)
}

/** How well one round of trainings foretells the next: no method can be expected to reach more than its square root. */
function retest(setting: Setting): number {
  const range = testedEvents(setting)
  const { events, subsets, values } = setting.again
  const second = { events: range.to - range.from, subsets, values: values.subarray(range.from * subsets) }
  if (events !== range.to) throw new RangeError(`${events} events, expected ${range.to}`)
  return linearDatamodelingScore(setting.truth, second, range)
}
