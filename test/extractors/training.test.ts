import { describe, expect, test } from '@jest/globals'
import { averagedWeights } from '../../extractors/ensemble.ts'
import {
  LogisticRegression,
  probabilities,
  trainLogisticRegression,
  uniformWeights,
} from '../../extractors/logistic-regression.ts'
import { activate, newActivations, trainMlp } from '../../extractors/mlp.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import type { Recipe } from '../../extractors/recipe.ts'
import { selectRows, withBias } from '../../extractors/sparse-rows.ts'

const CLASSES = 3
const COUNT = 30
/** One step over all rows against the plain mean gradient. */
const ONE_STEP: Recipe = { passes: 1, batch: COUNT, stepSize: 1e-3, momentum: 0, decay: 0, schedule: 'constant' }
const RECIPE: Recipe = { passes: 40, batch: 10, stepSize: 0.05, momentum: 0.9, decay: 0, schedule: 'linear' }
const all = [...Array(COUNT).keys()]

/** Three clouds in five dimensions, a third of whose entries are zero. */
function clouds(seed: string) {
  const random = Xoshiro128.fromSeed(seed)
  const labels = Uint8Array.from({ length: COUNT }, (_, row) => row % CLASSES)
  const rows = Array.from(labels, (label) =>
    Float64Array.from({ length: 5 }, (_, k) =>
      random.nextInt(3) === 0 ? 0 : random.gaussian() + (k === label ? 3 : 0),
    ),
  )
  return { inputs: withBias(rows, 5), labels, classes: CLASSES }
}

describe('logistic regression', () => {
  const data = clouds('logistic')
  const lossOf = (weights: Float64Array) => {
    const p = new Float64Array(CLASSES)
    return all.reduce((sum, row) => {
      probabilities(weights, data.inputs, row, p)
      return sum - Math.log(p[data.labels[row]!]!) / COUNT
    }, 0)
  }

  test('one step goes against the slope of the mean loss', () => {
    const start = uniformWeights(6, CLASSES, Xoshiro128.fromSeed('start'))
    const model = new LogisticRegression(data, start.slice())
    model.pass(all, ONE_STEP, 0)
    expectDescent(start, model.weights, lossOf)
  })

  test('learns, repeats for a seed, differs for another, and sees only its members', () => {
    const train = (seed: string, members = all) =>
      trainLogisticRegression(data, members, RECIPE, Xoshiro128.fromSeed(seed))
    const weights = train('a')
    expect(lossOf(weights)).toBeLessThan(0.6)
    expect(train('a')).toEqual(weights)
    expect(train('b')).not.toEqual(weights)
    const part = all.filter((row) => row % 2 === 0)
    const alone = {
      ...data,
      inputs: selectRows(data.inputs, part),
      labels: data.labels.filter((_, row) => row % 2 === 0),
    }
    const direct = trainLogisticRegression(alone, [...part.keys()], RECIPE, Xoshiro128.fromSeed('a'))
    expect(train('a', part)).toEqual(direct)
  })

  test('averaged weights are the mean of the members', () => {
    expect(averagedWeights([Float64Array.of(1, 5), Float64Array.of(2, -2), Float64Array.of(6, 3)])).toEqual(
      Float64Array.of(3, 2),
    )
  })
})

describe('network with one hidden layer', () => {
  const data = clouds('network')
  const hidden = 4
  const shape = { inputs: 6, hidden, classes: CLASSES }
  const lossOf = (weights: Float64Array) => {
    const lit = newActivations(shape)
    return all.reduce((sum, row) => {
      activate(weights, shape, data.inputs, row, lit)
      return sum - Math.log(lit.probabilities[data.labels[row]!]!) / COUNT
    }, 0)
  }

  test('one step goes against the slope of the mean loss, in both layers', () => {
    const train = (recipe: Recipe) => trainMlp(data, all, { hidden, recipe }, Xoshiro128.fromSeed('step'))
    const start = train({ ...ONE_STEP, passes: 0 })
    expectDescent(start, train(ONE_STEP), lossOf)
  })

  test('learns, repeats for a seed and differs for another', () => {
    const train = (seed: string) => trainMlp(data, all, { hidden, recipe: RECIPE }, Xoshiro128.fromSeed(seed))
    expect(lossOf(train('a'))).toBeLessThan(0.2)
    expect(train('a')).toEqual(train('a'))
    expect(train('a')).not.toEqual(train('b'))
  })
})

/** (before − after) / step is the slope, cell by cell, by central differences. */
function expectDescent(before: Float64Array, after: Float64Array, lossOf: (weights: Float64Array) => number): void {
  const apart = 1e-5
  let moved = 0
  before.forEach((_, w) => {
    const at = (by: number) => lossOf(before.map((value, other) => (other === w ? value + by : value)))
    const slope = (at(apart) - at(-apart)) / (2 * apart)
    expect((before[w]! - after[w]!) / ONE_STEP.stepSize).toBeCloseTo(slope, 5)
    moved += Math.abs(slope)
  })
  expect(moved).toBeGreaterThan(0.1)
}
