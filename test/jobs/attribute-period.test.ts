import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { absoluteSums, itemGradients } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../jobs/attribution/bilinear/leverage.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { PeriodInput, PeriodResult } from '../../jobs/attribution/method.ts'
import { METHODS, methodFor } from '../../jobs/attribution/methods.ts'
import type { FactoredRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'
import { boundOf } from '../../jobs/attribution/rule/demand.ts'
import { shiftBy } from '../../jobs/integers.ts'
import { denseRows, eventsOf, factoredRows, itemsOf } from '../support/random-rows.ts'
import { runs } from '../support/random-runs.ts'

const DATA_PARTS = 500_000
/** D̄ that is low enough to cap, at exponent 128. */
const someLevel = fc.integer({ min: 90, max: 180 }).map((bits) => 1n << BigInt(bits))

interface Period {
  readonly accounts: number
  readonly items: PeriodItems
  readonly events: PeriodEvents
}

const shape = fc.record({ rank: fc.integer({ min: 1, max: 3 }), classes: fc.integer({ min: 2, max: 3 }) })
const few = { min: 1, max: 12 }

const factored: fc.Arbitrary<Period> = shape.chain(({ rank, classes }) =>
  fc.record({
    accounts: fc.constant(4),
    items: factoredRows(rank, classes, few).chain((rows) => itemsOf(rows, 4)),
    events: factoredRows(rank, classes, few).chain((rows) => eventsOf(rows)),
  }),
)
const dense: fc.Arbitrary<Period> = fc.integer({ min: 1, max: 6 }).chain((rank) =>
  fc.record({
    accounts: fc.constant(4),
    items: denseRows(rank, few).chain((rows) => itemsOf(rows, 4)),
    events: denseRows(rank, few).chain((rows) => eventsOf(rows)),
  }),
)
/** Everybody has one contribution. */
const crowdOf = (accounts: number): fc.Arbitrary<Period> =>
  shape.chain(({ rank, classes }) =>
    fc.record({
      accounts: fc.constant(accounts),
      items: factoredRows(rank, classes, { min: accounts, max: accounts }).map((rows) => ({
        rows,
        account: Uint32Array.from({ length: accounts }, (_, item) => item),
        withdrawn: new Uint8Array(accounts),
      })),
      events: factoredRows(rank, classes, few).chain((rows) => eventsOf(rows)),
    }),
  )

/** By the default method of the kind of features. */
function attribute(period: Period, dBarFixed: bigint | null, change: Partial<PeriodInput> = {}, name?: string) {
  const { kind } = period.items.rows
  const method = methodFor(name ?? (kind === 'dense' ? 'influence/dense@1' : 'influence/factored@2'), kind)
  return method.attribute({
    ...period,
    dataParts: DATA_PARTS,
    minEvents: 1,
    dBarFixed,
    kernels: plainKernels,
    ...change,
  })
}

/** `values` and `more` zeros behind them. */
function concat<Values extends Int8Array | Uint8Array | Uint16Array | Uint32Array>(
  Type: new (length: number) => Values,
  values: Values,
  more: number,
): Values {
  const longer = new Type(values.length + more)
  longer.set(values)
  return longer
}

const positive = (scores: readonly bigint[]) => scores.reduce((sum, score) => (score > 0n ? sum + score : sum), 0n)

/** What the rounding of V to whole numbers can add to all scores: ½ · Σ|gradient|₁, and a floor an account and group. */
function roundingOf({ accounts, items }: Period, { v, vExponent, exponent }: PeriodResult): bigint {
  if (v.length === 0) return 0n
  const u = cappedMultipliers(items.rows)
  const norms = absoluteSums(itemGradients(items.rows))
  const whole = norms.reduce((sum, norm, item) => sum + BigInt(norm) * BigInt(u[item]!), 0n)
  return shiftBy(whole / 2n + 1n, exponent - vExponent) + 2n * BigInt(accounts) + 1n
}

/** Σ max(0, s) ≤ θ·F: nobody's fees move more than they are worth. */
function expectBounded(period: Period, result: PeriodResult): void {
  const { scores, dBar, feesScaled, sumPositive, denominator } = result
  const limit = boundOf(dBar, DATA_PARTS) * feesScaled
  expect(sumPositive).toBe(positive(scores))
  // M and V are solved in float64.
  expect(sumPositive).toBeLessThanOrEqual(limit + (limit >> 30n) + roundingOf(period, result))
  expect(denominator).toBe(sumPositive > dBar * feesScaled ? sumPositive : dBar * feesScaled)
}

describe.each([
  ['of factored features', factored, 80],
  ['of dense features', dense, 80],
  ['of more than 1,024 accounts', crowdOf(1_100), 6],
  ['of more accounts than are bounded one by one', crowdOf(16_385), 1],
] as const)('a period %s', (_, periods, count) => {
  test('pays nobody more than what the fees can move, whatever is bought', async () => {
    await fc.assert(
      fc.asyncProperty(periods, someLevel, async (period, level) => {
        const whole = await attribute(period, level)
        if (whole === undefined) return
        expectBounded(period, whole)
        const first = await attribute(period, null)
        if (first !== undefined) expect(first.denominator).toBeGreaterThanOrEqual(first.dBar * first.feesScaled)
      }),
      runs(count),
    )
  })

  test('gives the same bits with its curvature made before, in two parts', async () => {
    await fc.assert(
      fc.asyncProperty(periods, someLevel, async (period, level) => {
        const { rows } = period.items
        const kind = rows.kind === 'dense' ? 'gram' : 'softmax'
        const half = rows.count >> 1
        const curvature = await plainKernels.curvature(rows, kind, 0, half)
        const rest = await plainKernels.curvature(rows, kind, half, rows.count)
        for (const [cell, value] of rest.entries()) curvature[cell]! += value
        expect(await attribute(period, level, { curvature })).toEqual(await attribute(period, level))
      }),
      runs(Math.ceil(count / 4)),
    )
  })
})

/** Two members, and weights of rows. */
const ensemble: fc.Arbitrary<Period> = fc.integer({ min: 1, max: 3 }).chain((rank) =>
  fc
    .record({
      items: denseRows(2 * rank, few),
      events: denseRows(2 * rank, few),
      weights: fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: few.max, maxLength: few.max }),
    })
    .chain(({ items, events, weights }) =>
      fc.record({
        accounts: fc.constant(4),
        items: itemsOf({ ...items, blocks: 2, weights: Uint16Array.from(weights.slice(0, items.count)) }, 4),
        events: eventsOf({ ...events, blocks: 2 }),
      }),
    ),
)

const cases = METHODS.flatMap(({ name, kinds }) => kinds.map((kind) => [name, kind] as const))
test.each(cases)('%s on %s features pays nobody more than what the fees can move', async (name, kind) => {
  const periods = name.startsWith('trak/') ? ensemble : kind === 'dense' ? dense : factored
  await fc.assert(
    fc.asyncProperty(periods, someLevel, async (period, level) => {
      const scaled = name.startsWith('knn') ? level >> 60n : level
      const result = await attribute(period, scaled, {}, name)
      if (result !== undefined) expectBounded(period, result)
    }),
    runs(40),
  )
})

test('a method is refused features of a kind that it does not take, and an unknown one by name', () => {
  expect(() => methodFor('influence/factored@2', 'dense')).toThrow(expect.objectContaining({ code: 'FEATURE_KIND' }))
  expect(() => methodFor('influence/factored@1', 'factored')).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_METHOD', hint: expect.stringContaining('influence/factored@2') }),
  )
})

describe('what a period makes of odd input', () => {
  const base = () =>
    fc
      .sample(factored, { numRuns: 200, seed: 7 })
      .find(({ items, events }) => items.rows.count > 4 && events.rows.count > 4 && events.fees.some((fee) => fee > 0))!

  test('no fees, or no gradient: there is nothing to solve', async () => {
    const period = base()
    const free = { ...period, events: { ...period.events, fees: new Float64Array(period.events.rows.count) } }
    expect(await attribute(free, null)).toBeUndefined()
    const { rows } = period.items
    const mute = { ...rows, multipliers: new Uint16Array(rows.count) }
    expect(await attribute({ ...period, items: { ...period.items, rows: mute } }, null)).toBeUndefined()
  })

  test('however many items without a gradient somebody adds, nobody else is scored otherwise', async () => {
    const period = base()
    const rows = period.items.rows as FactoredRows
    const empty = 3 * rows.count
    const count = rows.count + empty
    const longer = {
      ...rows,
      count,
      factors: concat(Int8Array, rows.factors, empty * rows.rank),
      multipliers: concat(Uint16Array, rows.multipliers, empty),
      probabilities: concat(Uint16Array, rows.probabilities, empty * rows.classes),
      labels: concat(Uint16Array, rows.labels, empty),
    }
    const flooded = {
      accounts: period.accounts + 1,
      items: {
        rows: longer,
        account: concat(Uint32Array, period.items.account, empty).fill(period.accounts, rows.count),
        withdrawn: concat(Uint8Array, period.items.withdrawn, empty),
      },
      events: period.events,
    }
    const [before, after] = [await attribute(period, 1n << 140n), await attribute(flooded, 1n << 140n)]
    expect(before!.scores.some((score) => score !== 0n)).toBe(true)
    expect(after!.scores).toEqual([...before!.scores, 0n])
  })

  test('withdrawn items can lower a score and never raise one', async () => {
    const period = base()
    const kept = { ...period, items: { ...period.items, withdrawn: new Uint8Array(period.items.rows.count) } }
    const gone = { ...period, items: { ...period.items, withdrawn: new Uint8Array(period.items.rows.count).fill(1) } }
    const [before, after] = [await attribute(kept, 1n << 140n), await attribute(gone, 1n << 140n)]
    expect(before!.scores.some((score) => score !== 0n)).toBe(true)
    expect(after!.scores).toEqual(before!.scores.map((score) => (score < 0n ? score : 0n)))
  })

  test('own payers count nothing', async () => {
    const period = base()
    const own = { ...period, events: { ...period.events, own: new Uint8Array(period.events.rows.count).fill(1) } }
    const result = await attribute(own, null)
    expect(result).toMatchObject({ effectiveEvents: 0n, sumPositive: 0n, next: null })
    expect(result!.scores.every((score) => score === 0n)).toBe(true)
  })
})
