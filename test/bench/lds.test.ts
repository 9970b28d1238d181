import { beforeAll, describe, expect, test } from '@jest/globals'
import { benchLds, type LdsResult, QUICK } from '../../bench/lds/lds.ts'
import { linearDatamodelingScore } from '../../bench/lds/score.ts'
import { pearson, spearman } from '../../bench/statistics.ts'

describe('the linear datamodeling score', () => {
  test('Spearman ranks, ties share their mean rank', () => {
    expect(spearman(Float64Array.of(1, 2, 3, 4), Float64Array.of(10, 100, 1000, 1001))).toBeCloseTo(1, 12)
    expect(spearman(Float64Array.of(1, 2, 3, 4), Float64Array.of(4, 3, 2, -9))).toBeCloseTo(-1, 12)
    // scipy.stats.spearmanr([1, 2, 2, 4, 5], [3, 1, 4, 4, 9])
    expect(spearman(Float64Array.of(1, 2, 2, 4, 5), Float64Array.of(3, 1, 4, 4, 9))).toBeCloseTo(0.7631578947, 9)
    expect(spearman(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3))).toBe(0)
    expect(pearson(Float64Array.of(1, 2, 3), Float64Array.of(2, 4, 7))).toBeCloseTo(0.9933992678, 9)
  })

  test('is the mean over the events asked for, and only those', () => {
    const truth = { events: 3, subsets: 3, values: Float64Array.of(9, 9, 9, 1, 2, 3, 1, 2, 3) }
    const predicted = { events: 2, subsets: 3, values: Float64Array.of(1, 2, 3, 3, 2, 1) }
    expect(linearDatamodelingScore(truth, predicted, { from: 1, to: 3 })).toBeCloseTo(0, 12)
    expect(linearDatamodelingScore(truth, predicted, { from: 1, to: 2 })).toBeCloseTo(1, 12)
  })
})

describe('the bench, quick', () => {
  let result: LdsResult
  const steps: string[] = []
  beforeAll(async () => {
    result = await benchLds({ seed: '7', size: QUICK, threads: 0, onProgress: (text) => steps.push(text) })
  }, 180_000)

  test('every method is measured, none of them backwards', () => {
    const { methods, mlp, words } = result
    expect(methods.map(({ name }) => name.split(' ')[0])).toEqual([
      'influence/factored@2',
      'influence/factored',
      'gradient-dot@1',
      'influence/dense@1',
      'knn-shapley@1',
      'trak/ensemble@1',
      'influence/exact@1',
      'exact',
    ])
    expect(words.methods).toHaveLength(methods.length)
    expect(mlp.methods).toHaveLength(2)
    for (const { name, lds, bytes } of [...methods, ...words.methods, ...mlp.methods]) {
      expect({ name, isBounded: lds > 0 && lds <= 1 && bytes > 0 }).toEqual({ name, isBounded: true })
    }
  })

  test('curvature beats plain gradients, and trainings agree with themselves', () => {
    const [factored, , dot] = result.methods
    expect(factored!.lds).toBeGreaterThan(dot!.lds)
    for (const { retest } of [result, result.words, result.mlp]) {
      expect(retest).toBeGreaterThan(0.2)
      expect(retest).toBeLessThan(1)
    }
  })

  test('contributors are compared with coalitions that were trained', () => {
    const { contributors, coalitions, methods } = result.contributors
    expect([contributors, coalitions, methods.length]).toEqual([QUICK.contributors, QUICK.coalitions, 4])
    expect(steps.filter((step) => step.startsWith('coalitions'))).toContain(`coalitions: 20 of ${coalitions} models`)
  })
})
