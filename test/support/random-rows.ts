import fc from 'fast-check'
import type { DenseRows, FactoredRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'

const edge = (max: number, ...more: number[]) =>
  fc.oneof(fc.constantFrom(0, 1, max, ...more), fc.integer({ min: 0, max }))
const factor = fc.oneof(fc.constantFrom(-63, 0, 63), fc.integer({ min: -63, max: 63 }))

/** Rows at the edges of their ranges as often as between. */
export function factoredRows(rank: number, classes: number, counts: { min: number; max: number }) {
  const row = fc.record({
    factors: fc.array(factor, { minLength: rank, maxLength: rank }),
    multiplier: edge(65_535),
    probabilities: fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: classes, maxLength: classes }),
    label: fc.integer({ min: 0, max: classes - 1 }),
  })
  return fc.array(row, { minLength: counts.min, maxLength: counts.max }).map(
    (rows): FactoredRows => ({
      kind: 'factored',
      count: rows.length,
      rank,
      classes,
      checkpointCount: 0,
      factors: Int8Array.from(rows.flatMap(({ factors }) => factors)),
      multipliers: Uint16Array.from(rows, ({ multiplier }) => multiplier),
      probabilities: Uint16Array.from(rows.flatMap(({ probabilities }) => normalised(probabilities))),
      checkpoints: new Uint16Array(0),
      labels: Uint16Array.from(rows, ({ label }) => label),
    }),
  )
}

export function denseRows(rank: number, counts: { min: number; max: number }) {
  const row = fc.record({ factors: fc.array(factor, { minLength: rank, maxLength: rank }), multiplier: edge(65_535) })
  return fc.array(row, { minLength: counts.min, maxLength: counts.max }).map(
    (rows): DenseRows => ({
      kind: 'dense',
      count: rows.length,
      rank,
      factors: Int8Array.from(rows.flatMap(({ factors }) => factors)),
      multipliers: Uint16Array.from(rows, ({ multiplier }) => multiplier),
    }),
  )
}

/** A sum of 1000 but for rounding, as recorded rows have it. */
function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => (sum === 0 ? Math.round(1_000 / weights.length) : Math.round((1_000 * weight) / sum)))
}

export function itemsOf<Rows extends FactoredRows | DenseRows>(rows: Rows, accounts: number) {
  const owners = { minLength: rows.count, maxLength: rows.count }
  return fc
    .record({
      account: fc.array(fc.integer({ min: 0, max: accounts - 1 }), owners),
      withdrawn: fc.array(fc.constantFrom(0, 0, 1), owners),
    })
    .map(
      ({ account, withdrawn }): PeriodItems => ({
        rows,
        account: Uint32Array.from(account),
        withdrawn: Uint8Array.from(withdrawn),
      }),
    )
}

export function eventsOf<Rows extends FactoredRows | DenseRows>(rows: Rows) {
  const each = { minLength: rows.count, maxLength: rows.count }
  return fc
    .record({
      p16: fc.array(edge(65_535), each),
      fees: fc.array(
        fc.oneof(
          fc.constantFrom(0, 1, 2 ** 48 - 1),
          fc.maxSafeNat().map((fee) => fee % 2 ** 48),
        ),
        each,
      ),
      own: fc.array(fc.constantFrom(0, 0, 0, 1), each),
    })
    .map(
      ({ p16, fees, own }): PeriodEvents => ({
        rows,
        p16: Uint16Array.from(p16),
        fees: Float64Array.from(fees),
        own: Uint8Array.from(own),
      }),
    )
}
