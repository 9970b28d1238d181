import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { attributePeriod as attribute, type PeriodInput as Input } from '../../audit/attribution/attribute.ts'
import { errorBoundNano } from '../../audit/attribution/certificate.ts'
import { CurvatureSum } from '../../audit/attribution/curvature.ts'
import { demandVectorOf } from '../../audit/attribution/demand-vector.ts'
import { type Gradients, gradientsOfEvents, gradientsOfItems } from '../../audit/attribution/gradients.ts'
import { psiOf } from '../../audit/attribution/groups.ts'
import { bitLength, dyadic, floorLog2, integerSquareRoot, roundHalfEven } from '../../audit/attribution/integers.ts'
import type { Contribution, PeriodEvent, Shape } from '../../audit/attribution/period.ts'
import { scoreAccounts } from '../../audit/attribution/scores.ts'
import { choleskyFactor, Solver } from '../../audit/attribution/solve.ts'
import { invertExactly, multiply, solveExactly } from './support/exact-arithmetic.ts'
import { attributeExactly, type ExactResult } from './support/exact-attribution.ts'

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
    isWithdrawn: false,
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

type PeriodInput = Omit<Input, 'curvature'>
const attributePeriod = (input: PeriodInput) => attribute({ ...input, curvature: new CurvatureSum(input.shape) })

const SMALL = { kind: 'factored', rank: 3, classes: 2 } as const
const policy = { dataParts: 500_000, minEvents: 1, dBarFixed: null, pool: 1_000_003n }

/** The oracle's answer to the same question; nothing in it may be a duplicate. */
function exactly({ shape, contributions, events, dataParts, dBarFixed }: Omit<PeriodInput, 'minEvents' | 'pool'>) {
  const accounts = new Map<string, Contribution[]>()
  for (const item of contributions) accounts.set(item.account, [...(accounts.get(item.account) ?? []), item])
  return attributeExactly({
    ...shape,
    accounts: [...accounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, items]) => ({ items })),
    events,
    dataParts: BigInt(dataParts),
    dBarFixed,
  })
}

/** What both say, in one form. */
function shared({
  lambda,
  lambdaRetries,
  exponent,
  vExponent,
  dBar,
  sumPositive,
  denominator,
}: Omit<ExactResult, 'v'>) {
  return { lambda, lambdaRetries, exponent, vExponent, dBar, sumPositive, denominator }
}

function expectExact(input: PeriodInput): ExactResult {
  const found = attributePeriod(input)
  const exact = exactly(input)!
  expect(found.solved).toMatchObject(shared(exact))
  expect([...found.solved!.v]).toEqual(exact.v)
  expect(found.accounts.map(({ s }) => s)).toEqual(exact.scores)
  expect(found.effectiveEvents).toBe(exact.effectiveEvents)
  return exact
}

describe('attribution against exact rational arithmetic', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: scores, demand and V are the exact ones', (seed) => {
    const contributions = contributionsOf(seed, 9, SMALL, 3)
    const events = eventsOf(seed + 100, 14, SMALL)
    expectExact({ ...policy, shape: SMALL, contributions, events })
  })

  test('random periods at the edges of every range', () => {
    fc.assert(fc.property(periods(), checkRandom), { numRuns: 300 })
  })

  // 1,100: one by one, with less room between their scales. 16,385: together.
  test.each([1_100, 16_385])('%i groups: M is never below what an event can move', (accounts) => {
    const shape = { kind: 'factored', rank: 2, classes: 2 } as const
    const contributions = contributionsOf(8, accounts, shape, accounts)
    const events = eventsOf(1, 6, shape)
    const exact = expectExact({ ...policy, shape, contributions, events })
    expectBound(exact, shape, events)
    // The least level shows M itself.
    expectExact({ ...policy, shape, contributions, events, dBarFixed: 1n })
  })

  test.each([1, 40_000])('16,385 accounts with the same gradient, multiplier %i', (ua) => {
    const shape = { kind: 'dense', rank: 2, classes: 1 } as const
    const same = { a: Int8Array.of(5, -3), ua, p: [], label: 0 }
    const contributions = contributionsOf(8, 16_385, { rank: 2, classes: 2 }, 16_385).map((item) => ({
      ...item,
      ...same,
    }))
    // All along the gradient: the bound is tight, and no product is so small that the rounding of R̂ shows beside it.
    const events = eventsOf(1, 6, shape).map((event, e) => ({ ...event, b: Int8Array.of(50, e - 30), p: [], label: 0 }))
    const exact = expectExact({ ...policy, shape, contributions, events, dBarFixed: 1n })
    expectBound(exact, shape, events)
    expect(exact.dBar).toBe(exact.least)
    // Γ has rank one: of what is across the gradient only the ridge on its diagonal is seen.
    const across = events.map((event) => ({ ...event, b: Int8Array.of(0, 63) }))
    expectExact({ ...policy, shape, contributions, events: across, dBarFixed: 1n })
  })

  test('16,384 groups are still told apart; one more counts, even with nothing in it', () => {
    const shape = { kind: 'factored', rank: 1, classes: 2 } as const
    const items = contributionsOf(8, 16_385, shape, 16_385)
    const contributions = items.slice(0, -1).map((item) => (item.a[0] === 0 ? { ...item, a: Int8Array.of(1) } : item))
    const events = eventsOf(1, 6, shape)
    const empty = { ...items.at(-1)!, a: Int8Array.of(0) }
    expectExact({ ...policy, shape, contributions: [...contributions, empty], events })
    expectBound(expectExact({ ...policy, shape, contributions, events }), shape, events)
  })

  test('a later period takes its D̄ from the one before, and moves it by at most a tenth', () => {
    const contributions = contributionsOf(3, 9, SMALL, 3)
    const events = eventsOf(103, 14, SMALL)
    const first = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    const dBarFixed = first.payment!.dBarFixed * 4n
    const next = attributePeriod({ ...policy, shape: SMALL, contributions, events, dBarFixed })
    expect(next.solved?.dBar).toBe(dBarFixed >> BigInt(128 - next.solved!.exponent))
    expect(next.payment?.dBarNext).toBe((next.solved!.dBar * 9n) / 10n)
    expect(next.payment!.carried).toBeGreaterThan(0n)
  })

  test('D̄ never falls below the least at which it says anything', () => {
    const contributions = contributionsOf(3, 9, SMALL, 3)
    const events = eventsOf(103, 14, SMALL)
    const input = { ...policy, shape: SMALL, contributions, events, dBarFixed: 1n }
    const { least } = expectExact(input)
    expect(least).toBeGreaterThan(1n)
    const found = attributePeriod(input)
    expect([found.solved!.dBar, found.payment!.dBarNext >= least]).toEqual([least, true])
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
    expect(none.solved).toMatchObject({ dBar: 1n, sumPositive: 0n, lambdaRetries: 0, vExponent: 0, vErrorNano: 0n })
  })

  test('a copy earns nothing: only the earliest of equal fingerprints takes part', () => {
    const contributions = contributionsOf(6, 9, SMALL, 3)
    const copy: Contribution = { ...contributions[0]!, account: `0x${'9'.repeat(40)}`, batchRank: 1 }
    const events = eventsOf(106, 14, SMALL)
    const without = attributePeriod({ ...policy, shape: SMALL, contributions, events })
    const withCopy = attributePeriod({ ...policy, shape: SMALL, contributions: [copy, ...contributions], events })
    expect(withCopy.accounts.at(-1)).toMatchObject({ items: 0, duplicates: 1, s: 0n, pay: 0n })
    expect(withCopy.accounts.slice(0, 3)).toEqual(without.accounts)
    expect(withCopy).toMatchObject({ items: 9, duplicates: 1 })
  })

  test('what was withdrawn can lower its account’s score and never raise it', () => {
    const contributions = contributionsOf(6, 9, SMALL, 3)
    const events = eventsOf(106, 14, SMALL)
    const withdraw = (index: number) => contributions.map((item) => ({ ...item, isWithdrawn: item.index === index }))
    const scores = contributions.map(({ index }) => {
      const exact = expectExact({ ...policy, shape: SMALL, contributions: withdraw(index), events })
      return exact.scores[index % 3]!
    })
    const [before] = [attributePeriod({ ...policy, shape: SMALL, contributions, events }).accounts]
    expect(scores.some((score, index) => score < before[index % 3]!.s)).toBe(true)
  })

  test('fees above 2^48 in sum are shifted, and 2^96 - 1 does not overflow', () => {
    const contributions = contributionsOf(7, 9, SMALL, 3)
    const events = eventsOf(107, 14, SMALL).map((event) => ({ ...event, fee: 2n ** 96n - 1n }))
    expectExact({ ...policy, shape: SMALL, contributions, events })
    const found = attributePeriod({ ...policy, shape: SMALL, contributions, events, pool: 2n ** 99n })
    expect(found.payment!.paid + found.payment!.carried).toBe(2n ** 99n)
    expect(found.effectiveEvents).toBeGreaterThan(1n)
  })

  test.each<[string, Partial<PeriodInput>]>([
    ['no contributions', { contributions: [] }],
    ['no events', { events: [] }],
    ['no fees', { events: eventsOf(1, 3, SMALL).map((event) => ({ ...event, fee: 0n })) }],
    ['no data parts', { dataParts: 0 }],
    [
      'items without a gradient',
      { contributions: contributionsOf(1, 4, SMALL, 2).map((item) => ({ ...item, ua: 0 })) },
    ],
  ])('%s: nothing is solved, nobody is paid', (_, change) => {
    const contributions = contributionsOf(8, 4, SMALL, 2)
    const result = attributePeriod({ ...policy, shape: SMALL, contributions, events: eventsOf(1, 2, SMALL), ...change })
    expect(result).toMatchObject({ effectiveEvents: 0n, solved: undefined, payment: undefined })
  })
})

/** M is at least what one unit of an event's weight moves, for exact S and all groups together. */
function expectBound(exact: ExactResult, shape: Shape, events: readonly PeriodEvent[]): void {
  const inverse = invertExactly(exact.matrix)
  const solutions = exact.psis.map((psi) => multiply(inverse, psi))
  const { errors, vectors } = gradientsOfEvents(events, shape)
  for (const [e, moved] of exact.moved.entries()) {
    const effects = solutions.map((solution) => {
      const products = solution.map(({ numerator, denominator }, i) => {
        const c = Math.floor(i / shape.rank)
        const g = errors[e * shape.classes + c]! * vectors[e * shape.rank + (i % shape.rank)]!
        return (g * Number(numerator)) / Number(denominator)
      })
      return products.reduce((sum, product) => sum + product, 0)
    })
    const sumOf = (sign: number) => effects.reduce((sum, effect) => sum + Math.max(0, sign * effect), 0)
    const largest = Math.max(sumOf(1), sumOf(-1)) * 2 ** exact.exponent
    // To within float64; and the bound is no more than some times what moves, else nothing was left of the cap.
    expect(Number(moved)).toBeGreaterThan(largest * (1 - 1e-9))
    expect(Number(moved)).toBeLessThan(largest * 4 + 4)
  }
}

function checkRandom(input: PeriodInput): void {
  const exact = exactly(input)
  fc.pre(exact?.isClose !== true)
  if (exact !== undefined) expectExact(input)
  else expect(attributePeriod(input)).toMatchObject({ solved: undefined, payment: undefined })
}

/** Rows at the edges of their ranges as often as between. */
function periods(): fc.Arbitrary<PeriodInput> {
  const edge = (max: number) => fc.oneof(fc.constantFrom(0, 1, max), fc.integer({ min: 0, max }))
  const entry = fc.oneof(fc.constantFrom(-63, 0, 63), fc.integer({ min: -63, max: 63 }))
  const shape = fc.oneof(
    fc.record({
      kind: fc.constant('factored' as const),
      rank: fc.integer({ min: 1, max: 4 }),
      classes: fc.integer({ min: 2, max: 4 }),
    }),
    fc.record({ kind: fc.constant('dense' as const), rank: fc.integer({ min: 1, max: 8 }), classes: fc.constant(1) }),
  )
  return shape.chain((of) => {
    const row = fc.record({
      vector: fc.array(entry, { minLength: of.rank, maxLength: of.rank }).map((values) => Int8Array.from(values)),
      multiplier: edge(65_535),
      p: fc
        .array(fc.integer({ min: 1, max: 1_000 }), { minLength: of.classes, maxLength: of.classes })
        .map((weights) => {
          const whole = weights.reduce((sum, weight) => sum + weight)
          return weights.map((weight) => Math.round((1_000 * weight) / whole))
        }),
      label: fc.integer({ min: 0, max: of.classes - 1 }),
    })
    const item = fc.record({
      row,
      account: fc.integer({ min: 0, max: 2 }),
      isWithdrawn: fc.constantFrom(false, false, true),
    })
    const fee = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 96n - 1n), fc.bigInt({ min: 0n, max: 2n ** 60n }))
    const event = fc.record({ row, fee, p16: edge(65_535), isPayerOwner: fc.constantFrom(false, false, false, true) })
    return fc.record({
      shape: fc.constant(of),
      contributions: fc.array(item, { maxLength: 8 }).map((items) =>
        items.map(
          ({ row: { vector, multiplier, ...rest }, account, isWithdrawn }, index): Contribution => ({
            ...{ ...rest, account: `0x${account}`, isWithdrawn, index, a: vector, ua: multiplier },
            ...{ fingerprint: `${index}`, batchRank: 0 },
          }),
        ),
      ),
      events: fc.array(event, { maxLength: 8 }).map((events) =>
        events.map(
          ({ row: { vector, multiplier, ...rest }, ...other }): PeriodEvent => ({
            ...rest,
            ...other,
            b: vector,
            ub: multiplier,
          }),
        ),
      ),
      dataParts: fc.constantFrom(1, 1_000, 500_000, 600_000),
      minEvents: fc.constant(1),
      dBarFixed: fc.oneof(fc.constant(null), fc.bigInt({ min: 1n, max: 2n ** 180n })),
      pool: fc.constant(1_000_003n),
    })
  })
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

  test('columns side by side are the columns one by one', () => {
    const random = randomOf(78)
    const size = 12
    const root = Array.from({ length: size }, () => Array.from({ length: size }, () => random(2_001) - 1_000))
    const a = Float64Array.from(root.flatMap((row) => root.map((other) => dot(row, other))))
    for (let i = 0; i < size; i++) a[i * size + i]! += 1
    const solver = new Solver(a, size)
    const right = choleskyFactor(a, size)
    const together = solver.substituteColumns(right)
    const column = (matrix: Float64Array, j: number) => matrix.filter((_, at) => at % size === j)
    for (let j = 0; j < size; j++) expect(column(together, j)).toEqual(solver.substitute(column(right, j)))
  })

  test('K is exact beyond 2^53', () => {
    const shape = { kind: 'factored', rank: 1, classes: 2 } as const
    const [item] = contributionsOf(1, 1, shape, 1)
    const items = Array.from({ length: 150_001 }, () => ({ ...item!, a: Int8Array.of(63), ua: 65_535, p: [504, 496] }))
    const curvature = new CurvatureSum(shape).of(items)
    // ah = 2,015, P8 = 129 and 127: odd, so that every bit counts.
    const one = 129n * 127n * 2_015n ** 2n
    expect(curvature.entry(0, 0)).toBe(150_001n * one)
    expect(curvature.entry(0, 1)).toBe(-150_001n * one)
    expect(150_001n * one).toBeGreaterThan(2n ** 53n)
    expect(curvature.withRidge(1n)).toEqual(
      Float64Array.of(
        ...[1n, 0n, 0n, 1n].map((ridge, at) => Number((at % 3 === 0 ? 1n : -1n) * 150_001n * one + ridge)),
      ),
    )
  })

  test('G is exact when its parts pass 2^53', () => {
    const shape = { kind: 'factored', rank: 1, classes: 2 } as const
    // An odd gradient, weights as large as they get.
    const event = { ...eventsOf(1, 1, shape)[0]!, b: Int8Array.of(-63), p: [1, 999], label: 0 }
    const events = gradientsOfEvents(new Array(20_000).fill(event), shape)
    const curvature = new CurvatureSum(shape).of(contributionsOf(1, 3, shape, 1))
    const solver = new Solver(curvature.withRidge(curvature.lambda), curvature.size)
    const weight = 2n ** 72n - 1n
    const { g } = demandVectorOf(events, new Array(20_000).fill(weight), curvature, solver, shape)
    expect(g).toEqual([20_000n * weight * 999n * 63n, -20_000n * weight * 999n * 63n])
  })

  test('Ψ is exact when it passes 2^53', () => {
    const items: Gradients = {
      ...{ count: 20_000, rank: 1, classes: 1 },
      errors: new Float64Array(20_000).fill(-19_999),
      vectors: new Int8Array(20_000).fill(63),
    }
    const u = new Float64Array(20_000).fill(2 ** 20 - 1)
    expect(psiOf(items, u, { first: 1, end: 20_000 })).toEqual([19_999n * -19_999n * 63n * (2n ** 20n - 1n)])
  })

  test('scores are exact when a product of one item passes 2^53', () => {
    const shape = { kind: 'factored', rank: 40, classes: 3 } as const
    const random = randomOf(11)
    const contributions = contributionsOf(11, 4_000, shape, 1)
    const v = Int32Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (2 ** 24 - 1 - random(99)))
    const items = gradientsOfItems(contributions, shape)
    const u = Float64Array.from(contributions, () => 2 ** 20 - 1 - random(99))
    const [s] = scoreAccounts([{ kept: { first: 0, end: 4_000 }, withdrawn: undefined }], items, u, v, 0)
    // A class at a time is below 2^53 in any way of summing it.
    const ofClass = (a: Int8Array, c: number) => a.reduce((sum, value, j) => sum + value * v[c * 40 + j]!, 0)
    const w = contributions.map(({ a }, row) =>
      [0, 1, 2].reduce((sum, c) => sum + BigInt(items.errors[row * 3 + c]!) * BigInt(ofClass(a, c)), 0n),
    )
    expect(s).toBe(w.reduce((sum, each, row) => sum + each * BigInt(u[row]!), 0n))
  })

  test('K kept from period to period is K of the items alone, whatever came and went', () => {
    const all = contributionsOf(4, 150, SMALL, 3)
    const sum = new CurvatureSum(SMALL)
    const random = randomOf(4)
    for (let period = 0; period < 6; period++) {
      const items = all.filter(() => random(3) > 0)
      const [kept, alone] = [sum.of(items), new CurvatureSum(SMALL).of(items)]
      expect([kept.lambda, kept.withRidge(7n)]).toEqual([alone.lambda, alone.withRidge(7n)])
    }
  })

  test('the certificate bounds how far V is from the exact solution', () => {
    const contributions = contributionsOf(9, 9, SMALL, 3)
    const events = eventsOf(109, 14, SMALL)
    const { curvature, vector } = vectorOfWeights(
      contributions,
      events,
      events.map(({ fee }) => fee * 2n ** 40n),
    )
    const bound = errorBoundNano(curvature, vector)
    expect(bound).toBeGreaterThan(0n)
    expect(bound).toBeLessThan(1_000_000n)
    const matrix = vector.g.map((_, i) =>
      vector.g.map((_, j) => curvature.entry(i, j) + (i === j ? curvature.lambda : 0n)),
    )
    for (const [index, { numerator, denominator }] of solveExactly(matrix, vector.g).entries()) {
      // Both in 10^−9 of V's unit; x is a dyadic number, so 2^200 times it is whole.
      const found = dyadic(vector.x[index]!)
      const shift = BigInt(200 + vector.vExponent)
      const difference = (numerator << shift) / denominator - (found.mantissa << (shift + BigInt(found.exponent)))
      const distance = ((difference < 0n ? -difference : difference) * 10n ** 9n) >> 200n
      expect(distance).toBeLessThanOrEqual(bound)
    }
    // A wrong x must be told by its residual.
    const wrong = { ...vector, x: vector.x.map((value, index) => (index === 0 ? value * 1.01 : value)) }
    expect(errorBoundNano(curvature, wrong)).toBeGreaterThan(1_000_000_000n)
  })

  test('no demand gives V = 0 and a bound of 0', () => {
    const { curvature, vector } = vectorOfWeights(contributionsOf(9, 9, SMALL, 3), [], [])
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

function vectorOfWeights(contributions: Contribution[], events: PeriodEvent[], weights: bigint[]) {
  const curvature = new CurvatureSum(SMALL).of(contributions)
  const solver = new Solver(curvature.withRidge(curvature.lambda), curvature.size)
  return { curvature, vector: demandVectorOf(gradientsOfEvents(events, SMALL), weights, curvature, solver, SMALL) }
}

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

test('what is more than one round of exact sums takes is summed exactly: K, Ψ and G', () => {
  // given: 17,000 items and 9,000 events of one dimension and two classes, all at the end of their ranges
  const shape = { kind: 'factored', rank: 1, classes: 2 } as const
  const largest = { ua: 65_535, ub: 65_535, p16: 65_535, p: [500, 500], label: 0 }
  const contributions = contributionsOf(1, 17_000, shape, 1).map((item) => ({
    ...item,
    ...largest,
    a: Int8Array.of(63),
  }))
  const events = eventsOf(2, 9_000, shape).map((event) => ({ ...event, ...largest, b: Int8Array.of(-63) }))
  expectExact({ ...policy, shape, contributions, events, dBarFixed: 2n ** 180n })
})
