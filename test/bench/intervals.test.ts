import { describe, expect, test } from '@jest/globals'
import { coverageOf } from '../../bench/intervals/coverage.ts'
import { benchIntervals } from '../../bench/intervals/main.ts'
import { Xoshiro128 } from '../../extractors/random.ts'

const ACCOUNTS = 20
const DRAWS = 400
/** Some three seconds of work, for a machine that has other things to do. */
const LIMIT_MS = 180_000

/** Normal shares around .05 with standard deviation .01, and intervals of ± `z` of those. */
function normalDraws(z: number, bias = 0) {
  const random = Xoshiro128.fromSeed('coverage')
  return Array.from({ length: DRAWS }, () =>
    Array.from({ length: ACCOUNTS }, () => {
      const value = 0.05 + 0.01 * random.gaussian()
      return { low: value - 0.01 * z + bias, value, high: value + 0.01 * z + bias }
    }),
  )
}

describe('coverage of intervals', () => {
  test.each([
    [1, 0.683],
    [1.645, 0.9],
    [1.96, 0.95],
  ])('of ± %f standard deviations of normal shares is %f', (z, expected) => {
    const { covered, above, below, width, coveredLeast, coveredMost } = coverageOf(normalDraws(z))
    expect(Math.abs(covered - expected)).toBeLessThan(0.01)
    expect(Math.abs(above - below)).toBeLessThan(0.01)
    expect(Math.abs(width - z / 1.645)).toBeLessThan(0.02)
    expect(coveredLeast).toBeLessThan(covered)
    expect(coveredMost).toBeGreaterThan(covered)
  })

  test('of intervals that lie too high is less, and it says on which side', () => {
    const { covered, above, below } = coverageOf(normalDraws(1.645, 0.01))
    expect(covered).toBeLessThan(0.8)
    expect(above).toBeGreaterThan(10 * below)
  })
})

test(
  'npm run bench -- intervals, small: every setting is measured, and the same seed gives the same',
  async () => {
    const measure = () => benchIntervals({ seed: 3, quick: true, onProgress: () => {} })
    const result = await measure()
    expect(result.settings.map(({ dealing, seed }) => ({ dealing, seed }))).toEqual([
      { dealing: 'IID', seed: 3 },
      { dealing: 'Dirichlet(.3)', seed: 3 },
    ])
    for (const { covered, width } of result.settings) {
      expect(covered).toBeGreaterThan(0.5)
      expect(width).toBeGreaterThan(0.3)
      expect(width).toBeLessThan(3)
    }
    expect(await measure()).toEqual(result)
  },
  LIMIT_MS,
)
