import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { type ContributorResult, compareContributors, valueContributors } from './contributors.ts'
import { type DataName, loadData, type Parts } from './data.ts'
import type { LearnerName } from './learners.ts'
import { predictDense } from './methods/dense.ts'
import { predictFactored, recordFactored } from './methods/engine.ts'
import { chooseLambda, predictExact, predictExactQuantised } from './methods/exact.ts'
import { predictKnnShapley } from './methods/knn-shapley.ts'
import { type Prediction, testedEvents } from './methods/method.ts'
import { predictMlp } from './methods/mlp.ts'
import { predictTrakEnsemble } from './methods/trak-ensemble.ts'
import { predictWhitened } from './methods/whitened.ts'
import { dattriMissing, predictDattri } from './peers/dattri.ts'
import { prepare, type Setting } from './protocol.ts'
import { linearDatamodelingScore } from './score.ts'
import type { TrainingOptions } from './trainings.ts'

export interface LdsOptions {
  readonly seed: string
  readonly size: LdsSize
  /** 0: all in this thread. */
  readonly threads: number
  readonly cache?: string
  /** Also measures what others wrote, where it is installed. */
  readonly peers?: boolean
  readonly onProgress?: (text: string) => void
}

export interface LdsSize {
  readonly parts: Parts
  readonly subsets: number
  /** Models trained on everything: checkpoints of TRAK. */
  readonly members: number
  /** Principal directions in which inputs are looked at. */
  readonly rank: number
  /** The same for the exact influence that is rounded. */
  readonly exactRank: number
  /** Random directions in which gradients are looked at. */
  readonly directions: number
  /** Also the exact influence in floats: a matrix of some 5,000 rows is factored. */
  readonly hasOracle: boolean
  readonly contributors: number
  readonly coalitions: number
}

/** The protocol of the literature, and 50 contributors of 100 samples. */
export const FULL: LdsSize = {
  parts: { train: 5_000, heldOut: 500, test: 500 },
  subsets: 100,
  members: 10,
  rank: 100,
  exactRank: 200,
  directions: 512,
  hasOracle: true,
  contributors: 50,
  coalitions: 300,
}
/** Everything once, in seconds; its figures mean little. */
export const QUICK: LdsSize = {
  parts: { train: 400, heldOut: 40, test: 40 },
  subsets: 12,
  members: 5,
  rank: 30,
  exactRank: 40,
  directions: 128,
  hasOracle: false,
  contributors: 10,
  coalitions: 20,
}

export interface Scores {
  /** LDS of one round of trainings against the next: no method can be expected to reach more than its square root. */
  readonly retest: number
  readonly methods: readonly MethodScore[]
}

export interface MethodScore {
  readonly name: string
  readonly lds: number
  /** Stored for one contribution. */
  readonly bytes: number
  /** What was chosen on held-out samples. */
  readonly chosen?: Readonly<Record<string, number>>
}

/** Logistic regression on the digits, a network on them, logistic regression on words, and the digits by contributor. */
export interface LdsResult extends Scores {
  readonly seed: string
  readonly mlp: Scores
  readonly words: Scores
  readonly contributors: ContributorResult
}

/** Checkpoints of the network whose scores are averaged. */
const MLP_CHECKPOINTS = 5
const MLP_TEMPERING = 0.05
const EXACT_TEMPERING = 0.05

/** Measures how well each method foretells what training on half of the data does to each test sample: docs/quality.md. */
export async function benchLds(options: LdsOptions): Promise<LdsResult> {
  const kernels = await openKernels({ threads: Math.max(1, options.threads) })
  try {
    const digits = await trained('digits', 'logistic regression', options)
    const scores = await scoresOf(digits, options, logisticPredictions(digits, options, kernels))
    const contributors = await contributorsOf(digits, options, kernels)
    const words = await trained('words', 'logistic regression', options)
    const wordScores = await scoresOf(words, options, logisticPredictions(words, options, kernels))
    const network = await trained('digits', 'MLP', options)
    const mlp = await scoresOf(network, options, predictMlp(network, MLP_CHECKPOINTS, MLP_TEMPERING))
    return { seed: options.seed, ...scores, mlp, words: wordScores, contributors }
  } finally {
    await kernels.close()
  }
}

async function trained(name: DataName, learner: LearnerName, options: LdsOptions): Promise<Setting> {
  const { seed, size } = options
  const data = await loadData(name, seed, size.parts)
  const { subsets, members, rank, directions } = size
  return prepare(data, learner, {
    ...trainingOptions(`${name}, ${learner}`, options),
    subsets,
    members,
    rank,
    directions,
  })
}

function trainingOptions(what: string, { threads, cache, onProgress }: LdsOptions): TrainingOptions {
  return {
    threads,
    ...(cache === undefined ? {} : { cache }),
    onProgress: (done, total) => {
      if (done % 10 === 0 || done === total) onProgress?.(`${what}: ${done} of ${total} models`)
    },
  }
}

async function* logisticPredictions(setting: Setting, { size, peers, onProgress }: LdsOptions, kernels: Kernels) {
  const recorded = recordFactored(setting)
  yield* await predictFactored(setting, recorded, kernels)
  yield await predictDense(setting, kernels)
  yield predictKnnShapley(setting, recorded)
  yield await predictTrakEnsemble(setting, kernels)
  if (peers === true && setting.data.name === 'digits') {
    const missing = dattriMissing()
    if (missing === undefined) yield predictDattri(setting)
    else onProgress?.(missing)
  }
  const lambda = chooseLambda(setting)
  yield await predictWhitened(setting, lambda, kernels)
  yield predictExactQuantised(setting, size.exactRank, EXACT_TEMPERING, lambda)
  if (size.hasOracle) yield predictExact(setting, lambda)
}

async function scoresOf(
  setting: Setting,
  { onProgress }: LdsOptions,
  predictions: Iterable<Prediction> | AsyncIterable<Prediction>,
): Promise<Scores> {
  const methods: MethodScore[] = []
  for await (const { name, bytes, predicted, chosen } of predictions) {
    const lds = linearDatamodelingScore(setting.truth, predicted, testedEvents(setting))
    onProgress?.(`${setting.data.name}, ${name}: ${lds.toFixed(3)}`)
    methods.push({ name, lds, bytes, ...(chosen === undefined ? {} : { chosen }) })
  }
  return { retest: retest(setting), methods }
}

function retest(setting: Setting): number {
  const range = testedEvents(setting)
  const { subsets, values } = setting.again
  const second = { events: range.to - range.from, subsets, values: values.subarray(range.from * subsets) }
  return linearDatamodelingScore(setting.truth, second, range)
}

/** The same methods with each contributor's samples in place of a subset. */
async function contributorsOf(setting: Setting, options: LdsOptions, kernels: Kernels): Promise<ContributorResult> {
  const learner = 'logistic regression'
  const truth = await valueContributors(setting, learner, options.size, trainingOptions('coalitions', options))
  const grouped = { ...setting, subsets: truth.members }
  const recorded = recordFactored(setting)
  const predictions = await predictFactored(grouped, recorded, kernels)
  return compareContributors(truth, [...predictions, predictKnnShapley(grouped, recorded)])
}
