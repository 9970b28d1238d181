import { expect, test } from '@jest/globals'
import { movementOf } from '../../audit/attribution/movement.ts'
import { Solver } from '../../audit/attribution/solve.ts'
import type { GradientRows } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { GroupSums } from '../../jobs/attribution/bilinear/group-sums.ts'
import { movementBound } from '../../jobs/attribution/bilinear/movement/movement.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { Cholesky } from '../../jobs/attribution/solver/cholesky.ts'

const COUNT = 2 ** 21 + 3

/** Dense rows of one dimension. */
function rowsOf(factors: Int8Array): GradientRows {
  const { length: count } = factors
  const multipliers = new Uint16Array(count).fill(1)
  return { count, rank: 1, classes: 1, factors, multipliers, errors: new Int16Array(count).fill(1), errorSumMax: 1 }
}

test('of an account with more than 2^20 items each 2^20 count as one, for the auditor too', async () => {
  const items = Int8Array.from({ length: COUNT }, (_, row) => (row % 2 ** 20 < 2 ** 19 ? row % 60 : -(row % 31)))
  const uses = Int8Array.of(5, -7, 60)
  const u = new Uint32Array(COUNT).fill(2 ** 20)
  const account = Uint32Array.from({ length: COUNT }, (_, row) => (row < 2 ** 20 ? 0 : 1))
  const sums = new GroupSums(plainKernels, rowsOf(items), u, account)
  expect(sums.count).toBe(3)
  const matrix = Float64Array.of(12_345_678)
  const bound = await movementBound(plainKernels, rowsOf(uses), sums, new Cholesky(matrix.slice(), 1))

  const gradientsOf = (vectors: Int8Array) => ({
    ...{ count: vectors.length, rank: 1, classes: 1, vectors },
    errors: new Float64Array(vectors.length).fill(1),
  })
  const found = movementOf(
    [
      { first: 0, end: 2 ** 20 },
      { first: 2 ** 20, end: COUNT },
    ],
    {
      items: gradientsOf(items),
      multipliers: Float64Array.from(u),
      events: gradientsOf(uses),
      solver: new Solver(matrix, 1),
      shape: { kind: 'dense', rank: 1, classes: 1 },
    },
  )
  expect(found?.exponent).toBe(bound?.exponent)
  expect(found?.moved).toEqual([...(await bound!.of(rowsOf(uses)))])
})
