import { describe, expect, test } from '@jest/globals'
import { projectGradients } from '../../extractors/projected-gradients.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { withBias } from '../../extractors/sparse-rows.ts'
import { rademacher, splitMix64 } from '../../extractors/split-mix.ts'

describe('random signs', () => {
  test('SplitMix64 follows its reference implementation', () => {
    // java.util.SplittableRandom and Vigna's splitmix64.c from seed 0: the outputs for counters 0, γ, 2γ.
    const golden = 0x9e3779b97f4a7c15n
    expect([0n, golden, 2n * golden].map(splitMix64)).toEqual([
      0xe220a8397b1dcdafn,
      0x6e789e6aa1b965f4n,
      0x06c45d188009454fn,
    ])
  })

  test('a sign is the bit that the specification names', () => {
    const [rows, columns, seed] = [5, 130, 77]
    const signs = rademacher(seed, rows, columns)
    for (const [row, column] of [
      [0, 0],
      [0, 129],
      [3, 63],
      [3, 64],
      [4, 97],
    ] as const) {
      const counter = BigInt(seed) * 2n ** 32n + BigInt(row * 3 + Math.floor(column / 64))
      const bit = (splitMix64(counter) >> BigInt(column % 64)) & 1n
      expect(signs[row * columns + column]).toBe(bit === 1n ? 1 : -1)
    }
    expect(Math.abs(signs.reduce((sum, sign) => sum + sign, 0))).toBeLessThan(4 * Math.sqrt(rows * columns))
  })
})

test('projected gradients are the products with the signs, however many outputs there are', () => {
  const random = Xoshiro128.fromSeed('projected')
  const inputs = withBias(
    Array.from({ length: 4 }, () => Float64Array.from({ length: 6 }, () => random.nextInt(3))),
    6,
  )
  for (const outputs of [1, 10, 23]) {
    const errors = Float64Array.from({ length: 4 * outputs }, () => random.gaussian())
    const rank = 70
    const signs = rademacher(9, 7 * outputs, rank)
    const projected = projectGradients(inputs, errors, rank, 9)
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < rank; k++) {
        let sum = 0
        for (let at = inputs.starts[row]!; at < inputs.starts[row + 1]!; at++) {
          for (let c = 0; c < outputs; c++) {
            const sign = signs[(inputs.columns[at]! * outputs + c) * rank + k]!
            sum += sign * inputs.values[at]! * errors[row * outputs + c]!
          }
        }
        expect(projected[row * rank + k]).toBeCloseTo(sum / Math.sqrt(rank), 10)
      }
    }
  }
})
