import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { apportion, NegativeWeightError } from '../../jobs/settlement/apportion.ts'
import { runs } from '../support/random-runs.ts'

/** Hamilton's method by whole fractions: the floors first, then unit by unit to whoever is furthest below his quota. */
function byHamilton(pool: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  const amounts = weights.map((weight) => (total === 0n ? 0n : (pool * weight) / total))
  if (total === 0n) return amounts
  const served = new Set<number>()
  while (amounts.reduce((sum, amount) => sum + amount, 0n) < pool) {
    let furthest = -1
    let distance = -1n
    for (const [index, weight] of weights.entries()) {
      const missing = pool * weight - amounts[index]! * total // in units of 1 / total
      if (!served.has(index) && missing > distance) [furthest, distance] = [index, missing]
    }
    served.add(furthest)
    amounts[furthest]! += 1n
  }
  return amounts
}

const small = fc.bigInt({ min: 0n, max: 20n })
const huge = fc.bigInt({ min: 0n, max: 1n << 125n })
const weights = fc.array(fc.oneof(small, small, huge, fc.constant(0n)), { minLength: 1, maxLength: 20 })
const pool = fc.oneof(small, huge, fc.constantFrom(0n, 1n, (1n << 96n) - 1n))

describe('apportionment', () => {
  test('is Hamilton’s method: the whole pool, each within one unit of the exact quota, ties to the lower index', () => {
    fc.assert(
      fc.property(pool, weights, (amount, each) => {
        const found = apportion(amount, each)
        expect(found).toEqual(byHamilton(amount, each))
        const total = each.reduce((sum, weight) => sum + weight, 0n)
        expect(found.reduce((sum, share) => sum + share, 0n)).toBe(total === 0n ? 0n : amount)
        for (const [index, share] of found.entries()) {
          const off = share * total - amount * each[index]!
          expect(off < total || total === 0n).toBe(true)
          expect(off > -total || total === 0n).toBe(true)
        }
      }),
      runs(500),
    )
  })

  test('equal weights: the units that are left go to the first ones', () => {
    expect(apportion(5n, [1n, 1n, 1n])).toEqual([2n, 2n, 1n])
    expect(apportion(2n, [7n, 7n, 7n, 7n])).toEqual([1n, 1n, 0n, 0n])
    expect(apportion(1n, [0n, 1n, 1n])).toEqual([0n, 1n, 0n])
  })

  test('many equal weights keep the order of the payees', () => {
    const found = apportion(
      1_500n,
      Array.from({ length: 1_000 }, () => 3n),
    )
    expect(found.slice(0, 500).every((share) => share === 2n)).toBe(true)
    expect(found.slice(500).every((share) => share === 1n)).toBe(true)
  })

  test('nobody with weight 0 gets a unit, and without any weight nobody gets anything', () => {
    fc.assert(
      fc.property(pool, weights, (amount, each) => {
        for (const [index, share] of apportion(amount, each).entries()) if (each[index] === 0n) expect(share).toBe(0n)
      }),
      runs(200),
    )
    expect(apportion(7n, [0n, 0n])).toEqual([0n, 0n])
    expect(apportion(7n, [])).toEqual([])
  })

  test('a negative weight is refused by name', () => {
    expect(() => apportion(7n, [1n, -1n])).toThrow(NegativeWeightError)
  })
})
