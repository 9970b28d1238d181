import { DOUBLE, LIST, listValue } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { WidthError } from '../../jobs/attribution/errors.ts'
import { curvature, damping } from '../../jobs/attribution/influence-factored/curvature.ts'
import { type ItemMatrix, loadItems } from '../../jobs/attribution/influence-factored/item-matrix.ts'
import { isqrt } from '../../jobs/integers.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type ItemRow, writeItems } from '../support/ledger/item-tables.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'
import { runs } from '../support/random-runs.ts'

const folder = new URL('../../jobs/attribution/influence-factored/', import.meta.url)
const curvatureSql = readSql(new URL('curvature.sql', folder))
const keptItemsSql = readSql(new URL('kept-items.sql', folder))

let database: Database
let close: () => void
beforeAll(async () => {
  ;({ database, close } = await temporaryDatabase())
})
afterAll(() => close())

/** Items of one shape at the edges of their ranges as often as between. */
const someItems = fc
  .record({ rank: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 2, max: 4 }) })
  .chain(({ rank, classes }) =>
    fc.record({
      rank: fc.constant(rank),
      classes: fc.constant(classes),
      items: fc.array(
        fc.record<ItemRow>({
          a: fc.array(fc.integer({ min: -63, max: 63 }), { minLength: rank, maxLength: rank }),
          ua: fc.oneof(fc.constantFrom(0, 1, 65_535), fc.integer({ min: 0, max: 65_535 })),
          p: fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: classes, maxLength: classes }),
          label: fc.integer({ min: 0, max: classes - 1 }),
          account: fc.constantFrom('0xa', '0xb'),
        }),
        { minLength: 1, maxLength: 12 },
      ),
    }),
  )

describe('curvature', () => {
  test('the fast path gives the bits of its specification, curvature.sql', async () => {
    await fc.assert(
      fc.asyncProperty(someItems, async ({ rank, classes, items }) => {
        await writeItems(database, items)
        await database.run(keptItemsSql)
        const k = curvature(await loadItems(database, { rank, classes, checkpoints: 0 }))
        const size = rank * classes
        const specified = new Float64Array(size * size)
        for (const row of await database.all(curvatureSql, { rank, classes })) {
          const at = Number(row.class) * rank + Number(row.dim)
          const other = Number(row.other_class) * rank + Number(row.other_dim)
          specified[at * size + other] = Number(row.k)
          specified[other * size + at] = Number(row.k)
        }
        // Object.is on every entry: equal bits but for the sign of 0, which no later step sees.
        expect(Array.from(k, (value) => value + 0)).toEqual(Array.from(specified, (value) => value + 0))
      }),
      runs(40),
    )
  })

  test('λ is three tenths of the mean diagonal, floored, at least 1', () => {
    expect(damping(Float64Array.of(5, 0, 0, 6), 2)).toBe(1n)
    expect(damping(Float64Array.of(2 ** 52, 0, 0, 3), 2)).toBe((3n * (2n ** 52n + 3n)) / 20n)
    expect(damping(new Float64Array(4), 2)).toBe(1n)
  })

  test('more items than the integers of float64 can hold are refused', () => {
    const count = 40_000
    const items = { count, rank: 1, classes: 2, a: new Int8Array(count) } as unknown as ItemMatrix
    expect(() => curvature(items)).toThrow(WidthError)
  })
})

/** docs/attribution.md step 2, literally. */
function capsOf(items: readonly ItemRow[]): { nn: bigint; cap: bigint; u: bigint }[] {
  const squares = items.map(({ a, ua }) => BigInt(ua) ** 2n * a.reduce((sum, value) => sum + BigInt(value) ** 2n, 0n))
  const sorted = [...squares].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0))
  const median = sorted[Math.floor((items.length - 1) / 2)]!
  return items.map(({ ua }, i) => {
    const nn = squares[i]!
    const q = nn === 0n ? 0n : (25n * median * 2n ** 32n) / (16n * nn)
    const cap = nn === 0n || q >= 2n ** 32n ? 65_536n : root(q)
    return { nn, cap, u: (BigInt(ua) * cap) / 4_096n }
  })
}

/** The largest whole number whose square is at most n, by halving. */
function root(n: bigint): bigint {
  let [low, high] = [0n, n + 1n]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle * middle <= n) low = middle
    else high = middle
  }
  return low
}

async function foundCaps() {
  await database.run(keptItemsSql)
  return database.all('SELECT nn, cap::BIGINT AS cap, u::BIGINT AS u FROM kept_item ORDER BY item')
}

describe('caps', () => {
  test('kept-items.sql gives what whole numbers give', async () => {
    await fc.assert(
      fc.asyncProperty(someItems, async ({ items }) => {
        await writeItems(database, items)
        expect(await foundCaps()).toEqual(capsOf(items))
      }),
      runs(60),
    )
  })

  test('an item without leverage is not capped, and neither are all of them', async () => {
    const item = (a: number[], ua: number): ItemRow => ({ a, ua, p: [500, 500], label: 0, account: '0xa' })
    await writeItems(database, [item([0, 0], 60_000), item([63, 63], 65_535), item([1, 0], 1), item([5, 0], 0)])
    const mixed = await foundCaps()
    expect(mixed[0]).toEqual({ nn: 0n, cap: 65_536n, u: 960_000n })
    expect(mixed[3]).toEqual({ nn: 0n, cap: 65_536n, u: 0n })
    expect(mixed[1]).toEqual({ nn: 65_535n ** 2n * 7_938n, cap: 0n, u: 0n }) // the median is 0: what stands out counts nothing
    await writeItems(database, [item([0, 0], 1), item([0, 0], 2)])
    expect((await foundCaps()).map(({ cap }) => cap)).toEqual([65_536n, 65_536n])
  })

  test('the float64 square root floors like the integer one at every square below 2^32, and beside it', async () => {
    const rows = await database.all(
      `WITH squares AS (SELECT range AS root, range * range AS square FROM range(1, 65536))
       SELECT count(*)::INTEGER AS wrong FROM squares
       WHERE floor(sqrt(square::DOUBLE)) <> root OR floor(sqrt((square - 1)::DOUBLE)) <> root - 1`,
    )
    expect(rows).toEqual([{ wrong: 0 }])
  })
})

describe('what the SQL rests on', () => {
  test('>> floors on negative numbers, // truncates towards zero, and sums of BIGINT do not overflow', async () => {
    const row = await database.one(
      `SELECT (-5)::BIGINT >> 1 AS shifted, (-1)::BIGINT >> 40 AS far, (-5)::BIGINT // 2 AS divided, 5 // 2 AS positive,
         (SELECT sum(v)::HUGEINT FROM (VALUES (9223372036854775807::BIGINT), (9223372036854775807::BIGINT)) AS t(v)) AS large`,
    )
    expect(row).toMatchObject({ shifted: -3n, far: -1n, large: 2n * (2n ** 63n - 1n), positive: 2 })
    // No divisor or dividend of ours is negative; pinned, so that nobody relies on flooring.
    expect(row!.divided).toBe(-2n)
  })

  test('list_inner_product is exact for the largest vectors that a map can have', async () => {
    const random = randomOf(5)
    for (const rank of [1, 7, 1_000]) {
      for (const extreme of [true, false]) {
        const b = Array.from({ length: rank }, () => (extreme ? -63 : random(127) - 63))
        const s = Array.from({ length: rank }, () => (extreme ? 32_767 : random(65_535) - 32_767))
        const row = await database.one('SELECT list_inner_product($b, $s)::BIGINT AS product', {
          b: listValue(b),
          s: listValue(s),
        })
        expect(row!.product).toBe(b.reduce((sum, value, j) => sum + BigInt(value) * BigInt(s[j]!), 0n))
      }
    }
    const [a, c] = [2 ** 52 + 1, 2 ** 52 - 1] // sums up to 2^53 are exact, in whatever order
    const types = { b: LIST(DOUBLE), s: LIST(DOUBLE) }
    const [row] = await database.all(
      'SELECT list_inner_product($b, $s)::BIGINT AS product',
      { b: listValue([a, c]), s: listValue([1, 1]) },
      types,
    )
    expect(row!.product).toBe(2n ** 53n)
  })

  test('isqrt is the floor of the square root', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), (n) => {
        const found = isqrt(n)
        expect(found * found <= n && n < (found + 1n) * (found + 1n)).toBe(true)
      }),
      runs(300),
    )
    for (let n = 0n; n < 200n; n++) expect(isqrt(n)).toBe(root(n))
  })
})
