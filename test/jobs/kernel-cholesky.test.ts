import { describe, expect, test } from '@jest/globals'
import { Cholesky } from '../../jobs/attribution/solver/cholesky.ts'
import { NotPositiveDefiniteError } from '../../jobs/attribution/solver/plain-cholesky.ts'
import { numbers } from './kernel-numbers.ts'

/** Around blocks of 64, chunks of 256 and tiles of 4. */
const SIZES = [1, 3, 4, 5, 63, 64, 66, 131, 257, 330]

/** M·Mᵀ + ridge with fractions, so that every product is rounded. */
function randomMatrix(size: number): Float64Array {
  const random = numbers(size)
  const m = Float64Array.from({ length: size * 8 }, () => random.between(-1e6, 1e6) / 1e5)
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 0.3 : 0
      for (let k = 0; k < 8; k++) sum += m[i * 8 + k]! * m[j * 8 + k]!
      matrix[i * size + j] = sum
      matrix[j * size + i] = sum
    }
  return matrix
}

describe('Cholesky in WebAssembly', () => {
  test.each(SIZES)('of size %i gives the bits of the plain one: factor, solution, many right-hand sides', (size) => {
    const matrix = randomMatrix(size)
    const fast = new Cholesky(matrix, size, false)
    const plain = new Cholesky(matrix, size, true)
    expectSame(fast.columns(), plain.columns())
    const random = numbers(7)
    const sides = Float64Array.from({ length: 11 * size }, () => random.between(-1e9, 1e9) / 7)
    expectSame(fast.solve(sides.slice(0, size)), plain.solve(sides.slice(0, size)))
    expectSame(fast.substituteAll(sides), plain.substituteAll(sides))
    expectSame(plain.substituteAll(sides).slice(3 * size, 4 * size), plain.substitute(sides.slice(3 * size, 4 * size)))
  })

  test('names the row at which a matrix is not positive definite', () => {
    const size = 100
    const matrix = randomMatrix(size)
    matrix[71 * size + 71] = -1
    for (const isPlain of [false, true])
      expect(() => new Cholesky(matrix, size, isPlain)).toThrow('The matrix is not positive definite at row 71.')
    matrix[0] = Number.NaN
    expect(() => new Cholesky(matrix, size, false)).toThrow(NotPositiveDefiniteError)
  })
})

function expectSame(found: Float64Array, wanted: Float64Array): void {
  expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(wanted.buffer))).toBe(0)
}
