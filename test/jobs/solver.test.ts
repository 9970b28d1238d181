import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { errorBoundNano } from '../../jobs/attribution/solver/certificate.ts'
import { Cholesky } from '../../jobs/attribution/solver/cholesky.ts'
import { NotPositiveDefiniteError } from '../../jobs/attribution/solver/plain-cholesky.ts'
import { floorLog2, roundHalfEven } from '../../jobs/integers.ts'
import { solveExactly } from '../audit/support/exact-arithmetic.ts'
import { runs } from '../support/random-runs.ts'

type Matrix = readonly (readonly number[])[]

/** solve(A, b) of docs/attribution.md, letter for letter. */
function solveLiterally(A: Matrix, b: readonly number[]): number[] {
  const D = b.length
  const L = A.map((row) => row.map(() => 0))
  for (let j = 0; j < D; j++) {
    for (let i = j; i < D; i++) {
      let t = A[i]![j]!
      for (let k = 0; k <= j - 1; k++) t = t - L[i]![k]! * L[j]![k]!
      L[i]![j] = i === j ? Math.sqrt(t) : t / L[j]![j]!
    }
  }
  const substitute = (right: readonly number[]) => {
    const y: number[] = []
    for (let i = 0; i < D; i++) {
      let t = right[i]!
      for (let k = 0; k <= i - 1; k++) t = t - L[i]![k]! * y[k]!
      y[i] = t / L[i]![i]!
    }
    const x: number[] = []
    for (let i = D - 1; i >= 0; i--) {
      let t = y[i]!
      for (let k = D - 1; k >= i + 1; k--) t = t - L[k]![i]! * x[k]!
      x[i] = t / L[i]![i]!
    }
    return x
  }
  const x = substitute(b)
  for (let refinement = 0; refinement < 3; refinement++) {
    const res = b.map((value, i) => {
      let t = value
      for (let j = 0; j < D; j++) t = t - A[i]![j]! * x[j]!
      return t
    })
    const d = substitute(res)
    for (let i = 0; i < D; i++) x[i] = x[i]! + d[i]!
  }
  return x
}

const entry = fc.integer({ min: -60, max: 60 })

/** A = M·Mᵀ + λI with whole numbers: symmetric and positive definite. */
const problem = fc.integer({ min: 1, max: 11 }).chain((size) =>
  fc.record({
    m: fc.array(fc.array(entry, { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
    lambda: fc.integer({ min: 1, max: 5_000 }),
    b: fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: size, maxLength: size }),
  }),
)

function gram(m: Matrix): number[][] {
  return m.map((row) => m.map((other) => row.reduce((sum, value, k) => sum + value * other[k]!, 0)))
}

function withRidge(k: Matrix, lambda: number): number[][] {
  return k.map((row, i) => row.map((value, j) => (i === j ? value + lambda : value)))
}

describe('the solver', () => {
  test('gives the bits of the documented order, in every size up to 11', () => {
    fc.assert(
      fc.property(problem, ({ m, lambda, b }) => {
        const A = withRidge(gram(m), lambda)
        const found = new Cholesky(Float64Array.from(A.flat()), b.length).solve(Float64Array.from(b))
        expect([...found]).toEqual(solveLiterally(A, b))
      }),
      runs(200),
    )
  })

  test('and of a size that fills several blocks of four with values that are no whole numbers', () => {
    const size = 31
    const m = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Math.sin(i * 37 + j * 11)))
    const A = withRidge(gram(m), 0.3)
    const symmetric = A.map((row, i) => row.map((_, j) => A[Math.max(i, j)]![Math.min(i, j)]!))
    const b = Array.from({ length: size }, (_, i) => Math.cos(i) * 1e6)
    const found = new Cholesky(Float64Array.from(symmetric.flat()), size).solve(Float64Array.from(b))
    expect([...found]).toEqual(solveLiterally(symmetric, b))
  })

  test('solves exactly what has an exact factor and a whole solution', () => {
    const size = 6
    const exact = fc.record({
      lower: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size, maxLength: size }), {
        minLength: size,
        maxLength: size,
      }),
      diagonal: fc.array(fc.constantFrom(1, 2, 4, 8), { minLength: size, maxLength: size }),
      x: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: size, maxLength: size }),
    })
    fc.assert(
      fc.property(exact, ({ lower, diagonal, x }) => {
        const L = lower.map((row, i) => row.map((value, j) => (i === j ? diagonal[i]! : j < i ? value : 0)))
        const A = gram(L)
        const b = A.map((row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0))
        const found = new Cholesky(Float64Array.from(A.flat()), size).solve(Float64Array.from(b))
        expect(Array.from(found, (value) => value + 0)).toEqual(x.map((value) => value + 0))
      }),
      runs(100),
    )
  })

  test('refuses a matrix that is not positive definite and names the row', () => {
    const matrix = Float64Array.of(1, 2, 2, 1)
    expect(() => new Cholesky(matrix, 2)).toThrow(NotPositiveDefiniteError)
    expect(() => new Cholesky(Float64Array.of(Number.NaN), 1)).toThrow(NotPositiveDefiniteError)
  })
})

interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** A float64 as a fraction: doubled until it is whole. */
function rational(value: number): Rational {
  let [whole, denominator] = [value, 1n]
  while (!Number.isInteger(whole)) [whole, denominator] = [whole * 2, denominator * 2n]
  return { numerator: BigInt(whole), denominator }
}

const abs = (n: bigint) => (n < 0n ? -n : n)

/** unit · x / max|x|, each a fraction. */
/** 2^exponent · x. */
function scaled(x: readonly Rational[], exponent: number): Rational[] {
  const by = 1n << BigInt(Math.abs(exponent))
  return x.map(({ numerator, denominator }) =>
    exponent < 0 ? { numerator, denominator: denominator * by } : { numerator: numerator * by, denominator },
  )
}

describe('the certificate', () => {
  test('no entry of V is further from the exact one than it says, also for a solution that is off', () => {
    const small = problem.filter(({ b }) => b.length <= 5 && b.some((value) => value !== 0))
    const disturbance = fc.constantFrom(0, 0, 1e-14, 1e-9, 1e-4)
    fc.assert(
      fc.property(small, disturbance, fc.integer({ min: -30, max: 60 }), ({ m, lambda, b }, off, exponent) => {
        const k = gram(m)
        const A = withRidge(k, lambda)
        const solved = new Cholesky(Float64Array.from(A.flat()), b.length).solve(Float64Array.from(b))
        const x = solved.map((value, index) => value * (1 + off * (index + 1)))
        const bound = errorBoundNano({
          k: BigInt64Array.from(k.flat(), BigInt),
          size: b.length,
          lambda: BigInt(lambda),
          demand: b.map(BigInt),
          x,
          exponent,
        })
        const exact = scaled(
          solveExactly(
            A.map((row) => row.map(BigInt)),
            b.map(BigInt),
          ),
          exponent,
        )
        const found = scaled(Array.from(x, rational), exponent)
        for (const [index, f] of found.entries()) {
          const e = exact[index]!
          const difference = abs(f.numerator * e.denominator - e.numerator * f.denominator)
          expect(difference * 10n ** 9n).toBeLessThanOrEqual(bound * f.denominator * e.denominator)
        }
        expect(bound).toBeGreaterThan(0n)
      }),
      runs(60),
    )
  })

  test('an exact solution has the smallest bound there is', () => {
    // (0 + 1·I)·x = g with x = g: the residual is 0, N = isqrt(0) + 1 = 1.
    const problem = { k: new BigInt64Array(4), size: 2, lambda: 1n, demand: [3n, 4n], x: Float64Array.of(3, 4) }
    expect(errorBoundNano({ ...problem, exponent: 20 })).toBe(2n ** 20n * 10n ** 9n)
    expect(errorBoundNano({ ...problem, exponent: -2 })).toBe(10n ** 9n / 4n)
  })
})

describe('numbers', () => {
  test('roundHalfEven and floorLog2 are IEEE 754’s', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999, -2.5001].map(roundHalfEven)).toEqual([0, 2, 2, 0, -2, -2, 2, -3])
    expect([1, 1.999, 2, 0.5, 0.49, 2 ** 40, 2 ** 40 - 1].map(floorLog2)).toEqual([0, 0, 1, -1, -2, 40, 39])
    expect(floorLog2(-8)).toBe(3)
  })
})
