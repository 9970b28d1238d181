import {
  probabilities as logisticProbabilities,
  trainLogisticRegression,
} from '../../extractors/logistic-regression.ts'
import { activate, newActivations, trainMlp } from '../../extractors/mlp.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import type { Recipe } from '../../extractors/recipe.ts'
import type { BenchData, DataName } from './data.ts'

export type LearnerName = 'logistic regression' | 'MLP'

/** A kind of model that is trained again and again. */
interface Learner {
  recipe(data: BenchData): Recipe
  train(data: BenchData, members: readonly number[], random: Xoshiro128): Float64Array
  /** Writes the class probabilities of a row. */
  probabilities(weights: Float64Array, data: BenchData, row: number, out: Float64Array): void
}

const LOGISTIC = { passes: 12, batch: 64, momentum: 0.9, decay: 0, schedule: 'constant' } as const
/** A word lights eight inputs, a digit a hundred and fifty. */
const STEP_SIZES: Readonly<Record<DataName, number>> = { digits: 0.01, words: 0.1 }

/** Units of the hidden layer. */
export const MLP_HIDDEN = 32
const MLP: Recipe = { passes: 10, batch: 64, stepSize: 0.02, momentum: 0.9, decay: 0, schedule: 'linear' }

export const LEARNERS: Readonly<Record<LearnerName, Learner>> = {
  'logistic regression': {
    recipe: logisticRecipe,
    train: (data, members, random) => trainLogisticRegression(data, members, logisticRecipe(data), random),
    probabilities: (weights, data, row, out) => logisticProbabilities(weights, data.inputs, row, out),
  },
  MLP: {
    recipe: () => MLP,
    train: (data, members, random) => trainMlp(data, members, { hidden: MLP_HIDDEN, recipe: MLP }, random),
    probabilities: (weights, { inputs, classes }, row, out) => {
      const shape = { inputs: inputs.size, hidden: MLP_HIDDEN, classes }
      const lit = newActivations(shape)
      activate(weights, shape, inputs, row, lit)
      out.set(lit.probabilities)
    },
  },
}

function logisticRecipe({ name }: BenchData): Recipe {
  return { ...LOGISTIC, stepSize: STEP_SIZES[name] }
}

/** One training: on which samples, from which random start and order, and what is wanted of it. */
export interface Training {
  readonly learner: LearnerName
  readonly members: readonly number[]
  /** Distinguishes trainings of equal members. */
  readonly run: string
  /** `losses`: of the held-out and tested samples; `weights`: the model itself. */
  readonly gives: 'losses' | 'weights'
}

export function runTraining(data: BenchData, { learner, members, run, gives }: Training): Float64Array {
  const random = Xoshiro128.fromSeed(data.seed).fork(`${learner} ${run}`)
  const weights = LEARNERS[learner].train(data, members, random)
  return gives === 'weights' ? weights : eventLosses(data, learner, weights)
}

/** −ln p of the true label, one for each held-out and tested sample. */
function eventLosses(data: BenchData, learner: LearnerName, weights: Float64Array): Float64Array {
  const { train, heldOut, test } = data.parts
  const p = new Float64Array(data.classes)
  return Float64Array.from({ length: heldOut + test }, (_, event) => {
    LEARNERS[learner].probabilities(weights, data, train + event, p)
    return -Math.log(p[data.labels[train + event]!]!)
  })
}

/** Probabilities of all samples by one model, samples × classes. */
export function allProbabilities(data: BenchData, learner: LearnerName, weights: Float64Array): Float64Array {
  const out = new Float64Array(data.labels.length * data.classes)
  for (let row = 0; row < data.labels.length; row++)
    LEARNERS[learner].probabilities(weights, data, row, out.subarray(row * data.classes, (row + 1) * data.classes))
  return out
}
