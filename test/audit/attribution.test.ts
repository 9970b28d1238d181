import { describe, expect, test } from '@jest/globals'
import { attributePeriod } from '../../audit/attribution/attribute.ts'
import { errorBoundNano } from '../../audit/attribution/certificate.ts'
import { curvatureOf } from '../../audit/attribution/curvature.ts'
import { bitLength, dyadic, floorLog2, integerSquareRoot, roundHalfEven } from '../../audit/attribution/integers.ts'
import { itemVectorOf } from '../../audit/attribution/item-vector.ts'
import type { Contribution, PeriodEvent } from '../../audit/attribution/period.ts'
import { Solver, withRidge } from '../../audit/attribution/solve.ts'
import { attributeExactly, solveExactly } from './support/exact-attribution.ts'

/** SplitMix64's little cousin: a fixed sequence, so that a failure comes again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A model that is right, more or less surely: 500 to 900 thousandths on the label. */
function probabilities(random: (below: number) => number, classes: number, label: number): number[] {
  const right = random(401) + 500
  const rest = Math.floor((1000 - right) / (classes - 1))
  return Array.from({ length: classes }, (_, c) => (c === label ? right : rest))
}

/** A vector that leans towards its label's own corner, so that items of a class help events of that class. */
function vectorOf(random: (below: number) => number, rank: number, label: number): Int8Array {
  return Int8Array.from({ length: rank }, (_, j) => random(41) - 20 + ((j + label) % 3 === 0 ? 40 : -20))
}

function contributionsOf(
  seed: number,
  count: number,
  shape: { rank: number; classes: number },
  accounts: number,
): Contribution[] {
  const random = randomOf(seed)
  return Array.from({ length: count }, (_, index) => ({
    account: `0x${String(index % accounts).padStart(40, '0')}`,
    fingerprint: `f${index}`,
    batchRank: 0,
    index,
    a: vectorOf(random, shape.rank, index % shape.classes),
    ua: 5_000 + random(30_000),
    p: probabilities(random, shape.classes, index % shape.classes),
    label: index % shape.classes,
  }))
}

function eventsOf(seed: number, count: number, shape: { rank: number; classes: number }): PeriodEvent[] {
  const random = randomOf(seed)
  return Array.from({ length: count }, (_, index) => ({
    fee: BigInt(100 + random(1_000)),
    isPayerOwner: index % 11 === 10,
    b: vectorOf(random, shape.rank, index % shape.classes),
    ub: 5_000 + random(30_000),
    p: probabilities(random, shape.classes, index % shape.classes),
    label: index % shape.classes,
    p16: random(65_536),
  }))
}

const SMALL = { rank: 3, classes: 2 }
const policy = { dataParts: 500_000, minEvents: 1, dBarFixed: null, pool: 1_000_003n }

describe('attribution against exact rational arithmetic', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: scores, demand and V are the exact ones', (seed) => {
    // given
    const contributions = contributionsOf(seed, 9, SMALL, 3)
    const events = eventsOf(seed + 100, 14, SMALL)
    const accounts = [...new Set(contributions.map(({ account }) => account))].sort()
    // when
    const found = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    const exact = attributeExactly({
      ...SMALL,
      accounts: accounts.map((account) => ({ items: contributions.filter((item) => item.account === account) })),
      events,
      dataParts: 500_000n,
      dBarFixed: null,
    })
    // then
    expect(found.solved).toMatchObject({ lambda: exact.lambda, kMax: exact.kMax, dBar: exact.dBar })
    expect(found.accounts.map(({ score, s }) => ({ k: score?.k, sHat: [...(score?.sHat ?? [])], s }))).toEqual(
      exact.accounts.map(({ k, sHat, s }) => ({ k, sHat, s })),
    )
    expect([...(found.payment?.v ?? [])]).toEqual(exact.v)
    expect(found.effectiveEvents).toBe(effective(exact.weights))
  })

  test('a later period takes its D̄ from the one before, and moves it by at most a tenth', () => {
    const contributions = contributionsOf(3, 9, SMALL, 3)
    const events = eventsOf(103, 14, SMALL)
    const first = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    const dBarFixed = first.payment!.dBarFixed * 4n
    const next = attributePeriod({ ...policy, shape: SMALL, contributions, events, dBarFixed })
    expect(next.solved?.dBar).toBe(dBarFixed >> BigInt(128 - next.solved!.kMax))
    expect(next.payment?.dBarNext).toBe((next.solved!.dBar * 9n) / 10n)
    expect(next.payment!.carried).toBeGreaterThan(0n)
  })

  test('what is paid and what is carried is the whole pool, and payers who own a share weigh nothing', () => {
    const contributions = contributionsOf(5, 9, SMALL, 3)
    const events = eventsOf(105, 14, SMALL)
    const all = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    expect(all.payment!.paid + all.payment!.carried).toBe(policy.pool)
    expect(all.accounts.reduce((sum, { pay }) => sum + pay, 0n)).toBe(all.payment!.paid)
    const owned = events.map((event) => ({ ...event, isPayerOwner: true }))
    const none = attributePeriod({ ...policy, shape: SMALL, contributions, events: owned })
    expect(none).toMatchObject({ effectiveEvents: 0n, payment: undefined })
  })

  test('a copy earns nothing: only the earliest of equal fingerprints takes part', () => {
    const contributions = contributionsOf(6, 9, SMALL, 3)
    const copy: Contribution = { ...contributions[0]!, account: `0x${'9'.repeat(40)}`, batchRank: 1 }
    const events = eventsOf(106, 14, SMALL)
    const without = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    const withCopy = attributePeriod({ ...policy, shape: SMALL, contributions: [copy, ...contributions], events })
    expect(withCopy.accounts.at(-1)).toMatchObject({ items: 0, duplicates: 1, score: undefined, s: 0n, pay: 0n })
    expect(withCopy.accounts.slice(0, 3)).toEqual(without.accounts)
    expect(withCopy).toMatchObject({ items: 9, duplicates: 1 })
  })

  test('fees above 2^48 in sum are shifted, and 2^96 - 1 does not overflow', () => {
    const contributions = contributionsOf(7, 9, SMALL, 3)
    const events = eventsOf(107, 14, SMALL).map((event) => ({ ...event, fee: 2n ** 96n - 1n }))
    const found = attributePeriod({ ...policy, shape: SMALL, contributions, events, pool: 2n ** 99n })
    expect(found.payment!.paid + found.payment!.carried).toBe(2n ** 99n)
    expect(found.effectiveEvents).toBeGreaterThan(1n)
  })

  test('more accounts than the method allows: nothing is solved, nobody is paid', () => {
    const contributions = contributionsOf(8, 1_025, SMALL, 1_025)
    const result = attributePeriod({ ...policy, shape: SMALL, contributions, events: eventsOf(1, 2, SMALL) })
    expect(result).toMatchObject({ effectiveEvents: 0n, solved: undefined, payment: undefined })
  })
})

function effective(weights: readonly bigint[]): bigint {
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  return sum === 0n ? 0n : (sum * sum) / weights.reduce((total, weight) => total + weight * weight, 0n)
}

describe('the parts of the solver', () => {
  test('the solution of a small system is the exact one to the last bits', () => {
    const a = [
      [7n, 2n, 1n],
      [2n, 9n, 3n],
      [1n, 3n, 11n],
    ]
    const b = [1n, -5n, 13n]
    const found = new Solver(Float64Array.from(a.flat(), Number), 3).solve(Float64Array.from(b, Number))
    for (const [index, { numerator, denominator }] of solveExactly(a, b).entries()) {
      const exact = Number(numerator) / Number(denominator)
      expect(Math.abs(found[index]! - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -51)
    }
  })

  test('the order of operations is the one of the document: the same bits as a literal transcription', () => {
    // given: a matrix whose solution depends on the order in every last bit
    const random = randomOf(77)
    const size = 40
    const root = Array.from({ length: size }, () => Array.from({ length: size }, () => random(2_001) - 1_000))
    const a = root.map((row, i) => root.map((other, j) => dot(row, other) + (i === j ? 1 : 0)))
    const b = Array.from({ length: size }, () => random(2_000_001) - 1_000_000)
    // when
    const found = new Solver(Float64Array.from(a.flat()), size).solve(Float64Array.from(b))
    // then
    expect([...found]).toEqual(solveLiterally(a, b))
  })

  test('the certificate bounds how far V is from the exact solution', () => {
    const contributions = contributionsOf(9, 9, SMALL, 3)
    const events = eventsOf(109, 14, SMALL)
    const curvature = curvatureOf(contributions, SMALL)
    const solver = new Solver(withRidge(curvature.k, curvature.size, curvature.lambda), curvature.size)
    const vector = itemVectorOf(
      events,
      events.map(({ fee }) => fee),
      curvature,
      solver,
      SMALL,
    )
    const bound = errorBoundNano(curvature, vector)
    expect(bound).toBeGreaterThan(0n)
    expect(bound).toBeLessThan(1_000_000n)
    // A wrong x must be told by its residual.
    const wrong = { ...vector, x: vector.x.map((value, index) => (index === 0 ? value * 1.01 : value)) }
    expect(errorBoundNano(curvature, wrong)).toBeGreaterThan(1_000_000_000n)
  })

  test('no demand gives V = 0 and a bound of 0', () => {
    const contributions = contributionsOf(9, 9, SMALL, 3)
    const curvature = curvatureOf(contributions, SMALL)
    const solver = new Solver(withRidge(curvature.k, curvature.size, curvature.lambda), curvature.size)
    const vector = itemVectorOf([], [], curvature, solver, SMALL)
    expect([...vector.v]).toEqual([0, 0, 0, 0, 0, 0])
    expect(errorBoundNano(curvature, vector)).toBe(0n)
  })

  test('rounding is half to even, on both sides of 0', () => {
    const halves = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
    expect(halves.map((value) => roundHalfEven(value) + 0)).toEqual([-4, -2, -2, 0, 0, 2, 2, 4])
    expect([0.49999999999999994, 2.4, -2.6].map((value) => roundHalfEven(value) + 0)).toEqual([0, 2, -3])
  })

  test('integers: square roots, lengths, exponents and mantissas are exact', () => {
    for (const n of [0n, 1n, 2n, 3n, 4n, 2n ** 64n - 1n, 2n ** 64n, (10n ** 40n) ** 2n - 1n]) {
      const root = integerSquareRoot(n)
      expect(root * root <= n && (root + 1n) * (root + 1n) > n).toBe(true)
    }
    expect([0n, 1n, 255n, 256n].map(bitLength)).toEqual([0, 1, 8, 9])
    for (let exponent = -300; exponent <= 300; exponent++) {
      expect(2 ** exponent).toBe(powerOfTwo(exponent))
      expect(floorLog2(powerOfTwo(exponent))).toBe(exponent)
    }
    for (const value of [1, -0.1, 1e300, -5e-324, 3 * 2 ** -40]) {
      const { mantissa, exponent } = dyadic(value)
      expect(Number(mantissa) * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(0, exponent + 1000)).toBe(value)
    }
  })
})

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0)
}

/** solve(A, b) of docs/attribution.md, sentence by sentence. */
function solveLiterally(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const size = b.length
  const l = a.map((row) => row.map(() => 0))
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let t = a[i]![j]!
      for (let k = 0; k < j; k++) t = t - l[i]![k]! * l[j]![k]!
      l[i]![j] = i === j ? Math.sqrt(t) : t / l[j]![j]!
    }
  }
  const byFactor = (right: readonly number[]) => {
    const y: number[] = []
    for (let i = 0; i < size; i++) {
      let t = right[i]!
      for (let k = 0; k < i; k++) t = t - l[i]![k]! * y[k]!
      y[i] = t / l[i]![i]!
    }
    const x: number[] = []
    for (let i = size - 1; i >= 0; i--) {
      let t = y[i]!
      for (let k = size - 1; k > i; k--) t = t - l[k]![i]! * x[k]!
      x[i] = t / l[i]![i]!
    }
    return x
  }
  let x = byFactor(b)
  for (let refinement = 0; refinement < 3; refinement++) {
    const residual = b.map((right, i) => a[i]!.reduce((t, value, j) => t - value * x[j]!, right))
    const d = byFactor(residual)
    x = x.map((value, i) => value + d[i]!)
  }
  return Array.from(x)
}

/** From the bits, so that `**` is held to something else. */
function powerOfTwo(exponent: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(exponent + 1023) << 52n)
  return view.getFloat64(0)
}

describe('speed', () => {
  test('the size of the demonstration takes less than 25 seconds', () => {
    // given: 5,000 contributions, 2,500 events, r = 100, n = 10, 50 accounts
    const shape = { rank: 100, classes: 10 }
    const contributions = contributionsOf(1, 5_000, shape, 50)
    const events = eventsOf(2, 2_500, shape)
    // when
    const start = performance.now()
    const found = attributePeriod({ ...policy, shape, contributions, events })
    const seconds = (performance.now() - start) / 1000
    // then
    expect(found.payment).toBeDefined()
    expect(seconds).toBeLessThan(25)
  })
})
