import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { attributePeriod, type PeriodResult } from '../../audit/attribution/attribute.ts'
import { CurvatureSum } from '../../audit/attribution/curvature.ts'
import type { Contribution, PeriodEvent, Shape } from '../../audit/attribution/period.ts'
import { influenceDense } from '../../jobs/attribution/influence-dense/influence-dense.ts'
import { influenceFactored } from '../../jobs/attribution/influence-factored/influence-factored.ts'
import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { PeriodResult as WriterResult } from '../../jobs/attribution/method.ts'
import type { FeatureRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'
import { denseRows, eventsOf, factoredRows, itemsOf } from '../support/random-rows.ts'

interface Period {
  readonly accounts: number
  readonly items: PeriodItems
  readonly events: PeriodEvents
  readonly dataParts: number
  readonly minEvents: number
  readonly dBarFixed: bigint | null
}

const POOL = 1_000_003n

const addressOf = (account: number) => `0x${account.toString(16).padStart(40, '0')}`

function rowOf(rows: FeatureRows, row: number) {
  const vector = rows.factors.slice(row * rows.rank, (row + 1) * rows.rank)
  if (rows.kind === 'dense') return { vector, p: [], label: 0 }
  const p = [...rows.probabilities.slice(row * rows.classes, (row + 1) * rows.classes)]
  return { vector, p, label: rows.labels[row]! }
}

function shapeOf(rows: FeatureRows): Shape {
  return { kind: rows.kind, rank: rows.rank, classes: rows.kind === 'dense' ? 1 : rows.classes }
}

function contributionsOf({ rows, account, withdrawn }: PeriodItems): Contribution[] {
  return Array.from({ length: rows.count }, (_, index) => {
    const { vector, p, label } = rowOf(rows, index)
    const ua = rows.multipliers[index]!
    const isWithdrawn = withdrawn[index] === 1
    return {
      account: addressOf(account[index]!),
      fingerprint: `${index}`,
      near: [],
      priority: 0,
      batchRank: 0,
      index,
      isWithdrawn,
      a: vector,
      ua,
      p,
      label,
    }
  })
}

function periodEventsOf({ rows, fees, p16, own }: PeriodEvents): PeriodEvent[] {
  return Array.from({ length: rows.count }, (_, index) => {
    const { vector, p, label } = rowOf(rows, index)
    const ub = rows.multipliers[index]!
    return { fee: BigInt(fees[index]!), isPayerOwner: own[index] === 1, b: vector, ub, p, label, p16: p16[index]! }
  })
}

/** What both say of a period, in one form. */
function ours({ solved, accounts, effectiveEvents, payment }: PeriodResult) {
  if (solved === undefined) return undefined
  const { v, x, ...rest } = solved
  const scores = accounts.filter(({ s }) => s !== 0n).map(({ account, s }) => [account, s])
  const next = payment === undefined ? null : { dBar: payment.dBarNext, dBarFixed: payment.dBarFixed }
  return { ...rest, effectiveEvents, v: [...v], x: [...x], scores, next }
}

function theirs(result: WriterResult | undefined) {
  if (result === undefined) return undefined
  const { lambda, lambdaRetries, exponent, vExponent, dBar, sumPositive, denominator, vErrorNano } = result
  const scores = result.scores.flatMap((s, account) => (s === 0n ? [] : [[addressOf(account), s]]))
  return {
    ...{ lambda, lambdaRetries, exponent, vExponent, dBar, sumPositive, denominator, vErrorNano },
    ...{ effectiveEvents: result.effectiveEvents, v: [...result.v], x: [...result.x], scores, next: result.next },
  }
}

/** The kernels that everybody runs; the plain ones beside them where they take no time. */
let kernels: Kernels
const PLAIN_ITEMS_MAX = 100

beforeAll(async () => {
  kernels = await openKernels({ threads: 1 })
})
afterAll(() => kernels.close())

async function compare(period: Period) {
  const method = period.items.rows.kind === 'dense' ? influenceDense : influenceFactored
  const shape = shapeOf(period.items.rows)
  const found = attributePeriod({
    shape,
    curvature: new CurvatureSum(shape),
    contributions: contributionsOf(period.items),
    events: periodEventsOf(period.events),
    dataParts: period.dataParts,
    minEvents: period.minEvents,
    dBarFixed: period.dBarFixed,
    pool: POOL,
  })
  const { paid, left } = found.payment ?? { paid: 0n, left: POOL }
  expect(paid + left).toBe(POOL)
  const expected = ours(found)
  expect(theirs(await method.attribute({ ...period, kernels }))).toEqual(expected)
  if (period.items.rows.count < PLAIN_ITEMS_MAX) {
    expect(theirs(await method.attribute({ ...period, kernels: plainKernels }))).toEqual(expected)
  }
  return found.solved
}

function periods(
  rows: (counts: { min: number; max: number }) => fc.Arbitrary<FeatureRows>,
  items: { min: number; max: number },
) {
  return fc
    .record({
      accounts: fc.constantFrom(1, 2, 5),
      itemRows: rows(items),
      eventRows: rows({ min: 0, max: 12 }),
      dataParts: fc.constantFrom(1, 1_000, 500_000, 600_000),
      minEvents: fc.constantFrom(1, 3),
      dBarFixed: fc.oneof(fc.constant(null), fc.bigInt({ min: 1n, max: 2n ** 180n })),
    })
    .chain(({ itemRows, eventRows, accounts, ...rest }) =>
      fc.record({ items: itemsOf(itemRows as never, accounts), events: eventsOf(eventRows as never) }).map(
        // Fees as the writers get them: shifted already, below 2^48 in sum.
        ({ items, events }): Period => ({
          ...{ accounts, items, ...rest },
          events: { ...events, fees: events.fees.map((fee) => fee % 2 ** 44) },
        }),
      ),
    )
}

const check = async (period: Period) => void (await compare(period))
const RUNS = Number(process.env.TALLY_RUNS ?? 60)

describe('the auditor and the writers, each from docs/attribution.md alone, say the same', () => {
  test.each([
    [1, 2],
    [3, 2],
    [2, 3],
    [4, 4],
  ])('factored, r = %i, n = %i', async (rank, classes) => {
    const rows = (counts: { min: number; max: number }) => factoredRows(rank, classes, counts)
    await fc.assert(fc.asyncProperty(periods(rows, { min: 0, max: 12 }), check), { numRuns: RUNS })
  })

  test.each([1, 3, 8])('dense, k = %i', async (rank) => {
    const rows = (counts: { min: number; max: number }) => denseRows(rank, counts)
    await fc.assert(fc.asyncProperty(periods(rows, { min: 0, max: 12 }), check), { numRuns: RUNS })
  })
})

describe('the same in corners that chance does not reach', () => {
  const policy = { dataParts: 500_000, minEvents: 1, dBarFixed: null }
  const plainEvents = (rows: FeatureRows, fees: readonly number[]): PeriodEvents => ({
    rows,
    p16: new Uint16Array(rows.count).fill(65_535),
    fees: Float64Array.from(fees),
    own: new Uint8Array(rows.count),
  })
  const dense = (rank: number, factors: readonly number[], multiplier: number): FeatureRows => ({
    kind: 'dense',
    count: factors.length / rank,
    rank,
    factors: Int8Array.from(factors),
    multipliers: new Uint16Array(factors.length / rank).fill(multiplier),
  })
  const itemsBy = (rows: FeatureRows, accountOf: (row: number) => number): PeriodItems => ({
    rows,
    account: Uint32Array.from({ length: rows.count }, (_, row) => accountOf(row)),
    withdrawn: new Uint8Array(rows.count),
  })

  test('an account whose items cancel has no part, and alone there is nothing to solve', async () => {
    const items = itemsBy(dense(2, [3, -5, -3, 5, 7, 1], 9_000), (row) => (row < 2 ? 0 : 1))
    const events = plainEvents(dense(2, [1, 2, 3, 4], 30_000), [1_000, 2_000])
    await compare({ accounts: 2, items, events, ...policy })
    const alone = itemsBy(dense(2, [3, -5, -3, 5], 9_000), () => 0)
    expect(await compare({ accounts: 1, items: alone, events, ...policy })).toBeUndefined()
  })

  test('a tie of V raises lambda, on the way to a level and at it', async () => {
    // A = 2·I (K = I, lambda = 1) and G = 256·(2^24 + 1) · (1, 0): V would end in a half.
    const items = itemsBy(dense(2, [1, 0, 0, 1], 2_048), (row) => row)
    const events = plainEvents(dense(2, [1, 0], 2), [2 ** 24 + 1])
    const later = await compare({ accounts: 2, items, events, ...policy, dBarFixed: 2n ** 180n })
    expect(later).toMatchObject({ lambda: 1n, lambdaRetries: 1 })
    await compare({ accounts: 2, items, events, ...policy })
  })

  // One group with cancelling items counts, but has no part.
  const likely = (
    rank: number,
    classes: number,
    factorOf: (row: number, dim: number) => number,
    change: object = {},
  ) => {
    const count = 24
    const probabilities = Uint16Array.from({ length: count * classes }, (_, at) =>
      at % classes === Math.floor(at / classes) % classes ? 1_000 - 40 * (classes - 1) : 40,
    )
    return {
      ...{ kind: 'factored' as const, count, rank, classes, probabilities, checkpointCount: 0 },
      factors: Int8Array.from({ length: count * rank }, (_, at) => factorOf(Math.floor(at / rank), at % rank)),
      multipliers: new Uint16Array(count).fill(20_000),
      checkpoints: new Uint16Array(0),
      labels: Uint16Array.from({ length: count }, (_, row) => row % classes),
      ...change,
    }
  }
  const some = (row: number, dim: number) => ((7 * row + 13 * dim) % 127) - 63
  const greatest = new Uint16Array(24).fill(65_535)
  const certain = Uint16Array.from({ length: 48 }, (_, at) => (at % 2 === Math.floor(at / 2) % 2 ? 1_000 : 0))
  const wrong = certain.map((p) => 1_000 - p)

  test.each<[what: string, rows: FeatureRows, accounts: number]>([
    ['the greatest multipliers and factors there are', likely(3, 2, () => 63, { multipliers: greatest }), 4],
    [
      'the same, of a model that is sure and wrong',
      likely(3, 2, () => 63, { multipliers: greatest, probabilities: wrong }),
      4,
    ],
    [
      'all rows equal',
      likely(3, 2, () => 5, { labels: new Uint16Array(24), probabilities: new Uint16Array(48).fill(500) }),
      4,
    ],
    ['rows that are each other’s negative', likely(3, 2, (row, dim) => (row % 2 === 0 ? 1 : -1) * (dim + 9)), 4],
    ['one dimension of nine', likely(9, 2, (row, dim) => (dim === 4 ? (row % 60) + 1 : 0)), 4],
    [
      'one great multiplier beside small ones',
      likely(3, 2, some, { multipliers: greatest.map((u, row) => (row === 3 ? u : 1)) }),
      4,
    ],
    ['one class asked and contributed', likely(3, 2, some, { labels: new Uint16Array(24) }), 4],
    ['a model that is certain of everything', likely(3, 2, some, { probabilities: certain }), 4],
    ['one contributor', likely(3, 2, some), 1],
  ])('%s: the same outcome, to the last atom', async (_, rows, accounts) => {
    const items = itemsBy(rows, (row) => row % accounts)
    for (const fees of [
      new Array<number>(24).fill(1_000),
      [2 ** 43, ...new Array<number>(23).fill(1)],
      new Array<number>(24).fill(0),
    ])
      await compare({ accounts, items, events: plainEvents(rows, fees), ...policy })
  })

  // Up to 1,024 groups; up to 2,048; as many as are told apart, and one more.
  test.each([1_023, 1_024, 1_500, 16_383, 16_384])('%i accounts and one whose items cancel', async (accounts) => {
    const random = randomOf(accounts)
    const rows = dense(2, Array.from({ length: 2 * accounts }, () => random(127) - 63).concat([1, -2, -1, 2]), 40_000)
    // One so weak that its vector needs a scale of its own, which there is less room for the more groups there are.
    rows.multipliers[0] = 3
    const items = itemsBy(rows, (row) => Math.min(row, accounts))
    const fees = Array.from({ length: 20 }, () => random(1_000_000))
    const events = plainEvents(
      dense(
        2,
        Array.from({ length: 40 }, () => random(127) - 63),
        40_000,
      ),
      fees,
    )
    await compare({ accounts: accounts + 1, items, events, ...policy })
  })

  // 2^27 products of an event with a group; and so many more that all groups are bounded together.
  test.each([8_192, 8_193])('16,384 accounts and %i events', async (count) => {
    const random = randomOf(count)
    const entries = (of: number) => Array.from({ length: of }, () => random(127) - 63)
    const items = itemsBy(dense(1, entries(16_384), 40_000), (row) => row)
    const fees = Array.from({ length: count }, () => random(1_000_000))
    await compare({ accounts: 16_384, items, events: plainEvents(dense(1, entries(count), 40_000), fees), ...policy })
  })

  test('more items and events than one round of exact sums takes', async () => {
    const random = randomOf(7)
    const rows = dense(
      1,
      Array.from({ length: 40_000 }, () => random(127) - 63),
      65_535,
    )
    const items = itemsBy(rows, (row) => Math.floor(row / 15_000))
    const fees = Array.from({ length: 20_000 }, () => random(2 ** 30))
    const events = plainEvents(
      dense(
        1,
        Array.from({ length: 20_000 }, () => random(127) - 63),
        65_535,
      ),
      fees,
    )
    await compare({ accounts: 3, items, events, ...policy })
  })

  test('a period of a usual shape, its level found step by step, and the one after it', async () => {
    const random = randomOf(9)
    const rows = fc.sample(factoredRows(40, 10, { min: 400, max: 400 }), { seed: 9, numRuns: 2 }) as [
      FeatureRows,
      FeatureRows,
    ]
    const fees = Array.from({ length: 400 }, () => random(2 ** 30))
    const period = {
      accounts: 20,
      items: itemsBy(rows[0], (row) => row % 20),
      events: plainEvents(rows[1], fees),
      ...policy,
    }
    const first = await compare(period)
    await compare({ ...period, dBarFixed: first!.dBar << BigInt(128 - first!.exponent) })
  })

  test('a rank at which V has fewer than 24 bits', async () => {
    const random = randomOf(8)
    const rows = fc.sample(factoredRows(220, 2, { min: 20, max: 20 }), { seed: 8, numRuns: 2 }) as [
      FeatureRows,
      FeatureRows,
    ]
    const fees = Array.from({ length: 20 }, () => random(2 ** 30))
    const solved = await compare({
      accounts: 2,
      items: itemsBy(rows[0], (row) => row % 2),
      events: plainEvents(rows[1], fees),
      ...policy,
    })
    expect(Math.max(...solved!.v.map(Math.abs))).toBeLessThan(2 ** 23)
  })
})

/** A fixed sequence, so that a failure comes again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
