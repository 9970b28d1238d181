import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  absoluteSums,
  eventGradients,
  itemGradients,
  vectorBits,
} from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../jobs/attribution/bilinear/leverage.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { NEIGHBOURS, neighbourScores } from '../../jobs/attribution/knn-shapley/knn-shapley.ts'
import type { FeatureRows } from '../../jobs/attribution/rows.ts'
import { baseWeights, weigh } from '../../jobs/attribution/rule/demand.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'
import { denseRows, eventsOf, factoredRows, itemsOf } from '../support/random-rows.ts'
import { runs } from '../support/random-runs.ts'
import {
  writeDemandVector,
  writeEvents,
  writeItems,
  writeLabelled,
  writeMovements,
  writeVectors,
} from '../support/specification-tables.ts'

const ACCOUNTS = 3
const COUNTS = { min: 1, max: 10 }
const specified = (name: string) =>
  readSql(new URL(`../../jobs/attribution/specification/${name}.sql`, import.meta.url))

let database: Database
let close: () => void
beforeAll(async () => {
  ;({ database, close } = await temporaryDatabase())
})
afterAll(() => close())

const shape = fc.record({ rank: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 2, max: 4 }) })
const someRows: fc.Arbitrary<FeatureRows> = fc.oneof(
  shape.chain(({ rank, classes }) => factoredRows(rank, classes, COUNTS)),
  fc.integer({ min: 1, max: 8 }).chain((rank) => denseRows(rank, COUNTS)),
)
const someItems = someRows.chain((rows) => itemsOf(rows, ACCOUNTS))
const someEvents = someRows.chain((rows) => eventsOf(rows))
const int16 = (length: number) =>
  fc.array(fc.oneof(fc.constantFrom(-32_767, 0, 32_767), fc.integer({ min: -32_767, max: 32_767 })), {
    minLength: length,
    maxLength: length,
  })

describe('the loops give the numbers of the SQL that specifies them', () => {
  test('curvature', async () => {
    await fc.assert(
      fc.asyncProperty(someItems, async (items) => {
        const { rows } = items
        const gradients = itemGradients(rows)
        await writeItems(database, items, gradients)
        const size = gradients.rank * gradients.classes
        const expected = new BigInt64Array(size * size)
        const sql = rows.kind === 'dense' ? specified('gram-curvature') : specified('softmax-curvature')
        const values = rows.kind === 'dense' ? { rank: rows.rank } : { rank: rows.rank, classes: rows.classes }
        for (const row of await database.all(sql, values)) {
          const at = Number(row.class ?? 0) * rows.rank + Number(row.dim)
          const other = Number(row.other_class ?? 0) * rows.rank + Number(row.other_dim)
          expected[at * size + other] = row.k as bigint
          expected[other * size + at] = row.k as bigint
        }
        const kind = rows.kind === 'dense' ? 'gram' : 'softmax'
        expect(await plainKernels.curvature(rows, kind, 0, rows.count)).toEqual(expected)
        const half = rows.count >> 1
        const first = await plainKernels.curvature(rows, kind, 0, half)
        const rest = await plainKernels.curvature(rows, kind, half, rows.count)
        expect(first.map((entry, at) => entry + rest[at]!)).toEqual(expected)
      }),
      runs(60),
    )
  })

  test('capped multipliers and gradients of groups', async () => {
    await fc.assert(
      fc.asyncProperty(someItems, async (items) => {
        const gradients = itemGradients(items.rows)
        const { rank, classes } = gradients
        await writeItems(database, items, gradients)
        await database.run(specified('capped-items'))
        const u = cappedMultipliers(items.rows)
        const capped = await database.all<{ u: bigint }>('SELECT u FROM capped_item ORDER BY item')
        expect(capped.map((row) => Number(row.u))).toEqual(Array.from(u))
        const group = items.account.map((account, item) => 2 * account + items.withdrawn[item]!)
        const psi = await plainKernels.groupGradients(gradients, u, group, 2 * ACCOUNTS)
        const expected = new BigInt64Array(psi.length)
        for (const row of await database.all<{ grp: bigint; cell: bigint; psi: bigint }>(specified('group-gradients'), {
          rank,
          classes,
        }))
          expected[Number(row.grp) * rank * classes + Number(row.cell)] = row.psi
        expect(psi).toEqual(expected)
      }),
      runs(60),
    )
  })

  test('movements of events, and the squares that bound them', async () => {
    const someVectors = someEvents.chain((events) => {
      const { rank, classes } = eventGradients(events.rows)
      const size = rank * classes
      return fc.record({
        events: fc.constant(events),
        vectors: int16(3 * size).map((values) => Int16Array.from(values)),
        shifts: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 3, maxLength: 3 }),
        shift: fc.integer({ min: 10, max: 24 }),
      })
    })
    await fc.assert(
      fc.asyncProperty(someVectors, async ({ events, vectors, shifts, shift }) => {
        const gradients = eventGradients(events.rows)
        const { classes } = gradients
        await writeEvents(database, events, gradients)
        await writeVectors(database, 'group_vector', gradients, vectors, Uint8Array.from(shifts))
        await writeVectors(database, 'root_vector', gradients, vectors)
        await database.run(specified('event-scores'), { classes })
        const moved = await database.all<{ movement: bigint }>(specified('movements'))
        expect(Array.from(await plainKernels.movements(gradients, vectors, Uint8Array.from(shifts)))).toEqual(
          moved.map(({ movement }) => movement),
        )
        const norms = await database.all<{ norm: bigint }>(specified('absolute-sums'))
        expect([...absoluteSums(gradients)]).toEqual(norms.map(({ norm }) => Number(norm)))
        const squares = await database.all<{ q: bigint }>(specified('squares'), { classes, shift })
        expect(Array.from(await plainKernels.squares(gradients, vectors, shift))).toEqual(
          squares.map(({ q }) => Number(q)),
        )
      }),
      runs(60),
    )
  })

  test('weights of events and the demand', async () => {
    const weighed = someEvents.chain((events) =>
      fc.record({
        events: fc.constant(events),
        movement: fc.array(fc.bigInt({ min: 1n, max: 2n ** 60n }), {
          minLength: events.rows.count,
          maxLength: events.rows.count,
        }),
        bound: fc.oneof(fc.constant(null), fc.bigInt({ min: 0n, max: 2n ** 80n })),
      }),
    )
    await fc.assert(
      fc.asyncProperty(weighed, async ({ events, movement, bound }) => {
        const gradients = eventGradients(events.rows)
        const { rank, classes } = gradients
        await writeEvents(database, events, gradients)
        await writeMovements(database, BigInt64Array.from(movement))
        await database.run(specified('event-weights'), { theta: bound })
        const { limbs, effectiveEvents } = weigh(events.fees, baseWeights(events), BigInt64Array.from(movement), bound)
        const expected = await database.all<{ m: bigint }>('SELECT m FROM event_weight ORDER BY event')
        const m = expected.map((row) => row.m)
        expect(m.map((_, event) => limbs.reduceRight((sum, limb) => (sum << 24n) + BigInt(limb[event]!), 0n))).toEqual(
          m,
        )
        const sum = m.reduce((total, each) => total + each, 0n)
        const squares = m.reduce((total, each) => total + each * each, 0n)
        expect(effectiveEvents).toBe(squares === 0n ? 0n : (sum * sum) / squares)
        const demand = new Array<bigint>(rank * classes).fill(0n)
        for (const row of await database.all<{ cell: bigint; g: bigint }>(specified('demand-gradient'), {
          rank,
          classes,
        }))
          demand[Number(row.cell)] = row.g
        expect(await plainKernels.weightedSum(gradients, limbs)).toEqual(demand)
      }),
      runs(60),
    )
  })

  test('projections, values and scores', async () => {
    const projected = someItems.chain((items) => {
      const gradients = itemGradients(items.rows)
      const limit = 2 ** vectorBits(gradients) - 1
      const size = gradients.rank * gradients.classes
      return fc.record({
        items: fc.constant(items),
        v: fc.array(fc.oneof(fc.constantFrom(-limit, limit), fc.integer({ min: -limit, max: limit })), {
          minLength: size,
          maxLength: size,
        }),
      })
    })
    await fc.assert(
      fc.asyncProperty(projected, async ({ items, v }) => {
        const gradients = itemGradients(items.rows)
        await writeItems(database, items, gradients)
        await writeDemandVector(database, gradients, Int32Array.from(v))
        await database.run(specified('capped-items'))
        await database.run(specified('projections'), { classes: gradients.classes })
        const w = await plainKernels.project(gradients, Int32Array.from(v))
        const rows = await database.all<{ w: bigint; u: bigint; value: bigint }>(
          'SELECT * FROM projection ORDER BY item',
        )
        expect(Array.from(w, BigInt)).toEqual(rows.map((row) => row.w))
        expect(rows.map((row) => row.value)).toEqual(rows.map((row) => (row.w * row.u) >> 21n))
        const sums = await database.all<{ account: bigint; kept: bigint; withdrawn: bigint }>(
          specified('account-scores'),
        )
        const u = cappedMultipliers(items.rows)
        for (const { account, kept, withdrawn } of sums) {
          const sumOf = (flag: number) =>
            Array.from(w, (value, item) =>
              BigInt(items.account[item]!) === account && items.withdrawn[item] === flag
                ? BigInt(value) * BigInt(u[item]!)
                : 0n,
            ).reduce((total, each) => total + each, 0n)
          expect([kept, withdrawn]).toEqual([sumOf(0), sumOf(1)])
        }
      }),
      runs(60),
    )
  })

  test('Shapley values of the nearest neighbours', async () => {
    const both = shape.chain(({ rank, classes }) =>
      fc.record({
        items: factoredRows(rank, classes, { min: 1, max: 25 }).chain((rows) => itemsOf(rows, ACCOUNTS)),
        events: factoredRows(rank, classes, { min: 1, max: 3 }).chain((rows) => eventsOf(rows)),
      }),
    )
    await fc.assert(
      fc.asyncProperty(both, async ({ items, events }) => {
        await writeLabelled(database, 'item', items.rows)
        await writeLabelled(database, 'event', events.rows)
        const rows = await database.all<{ score: bigint }>(specified('knn-shapley'), { neighbours: NEIGHBOURS })
        const pairs = neighbourScores(items.rows, events.rows)
        const scores = new Float64Array(items.rows.count)
        const found = Array.from({ length: events.rows.count }, (_, event) => {
          pairs.scoresOf(event, scores)
          return Array.from(scores, BigInt)
        })
        expect(found.flat()).toEqual(rows.map(({ score }) => score))
      }),
      runs(60),
    )
  })
})
