import { BIGINT, HUGEINT, VARCHAR } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  effectiveEvents,
  largestFixedPoint,
  nextDBar,
  scoreAccounts,
} from '../../jobs/attribution/influence-factored/demand.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'
import { runs } from '../support/random-runs.ts'

/** One paid use: its fee, its weight before the cap, and T of every account. */
interface Use {
  readonly fee: bigint
  readonly mp: bigint
  readonly t: readonly bigint[]
}

const ACCOUNTS = ['0xa', '0xb', '0xc']
const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)
const boundOf = ({ t }: Use) => 1n + max(sum(t.map((value) => max(value, 0n))), sum(t.map((value) => max(-value, 0n))))

let database: Database
let close: () => void
beforeAll(async () => {
  ;({ database, close } = await temporaryDatabase())
})
afterAll(() => close())

async function write(uses: readonly Use[]): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE event_bound (event BIGINT, fee HUGEINT, mp BIGINT, bound HUGEINT)')
  await database.run('CREATE OR REPLACE TEMP TABLE event_score (event BIGINT, account VARCHAR, t HUGEINT)')
  const bounds = uses.map((use, event) => [BigInt(event), use.fee, use.mp, boundOf(use)])
  await database.append('event_bound', [BIGINT, HUGEINT, BIGINT, HUGEINT], bounds)
  const scores = uses.flatMap(({ t }, event) => t.map((value, c) => [BigInt(event), ACCOUNTS[c]!, value]))
  await database.append('event_score', [BIGINT, VARCHAR, HUGEINT], scores)
}

/** docs/attribution.md step 5, literally; no cap when dBar is null. */
function scoresOf(uses: readonly Use[], dBar: bigint | null, dataParts: bigint): { m: bigint[]; s: bigint[] } {
  const theta = dBar === null ? null : (900_000n * dBar) / dataParts
  const m = uses.map((use) => use.fee * (theta === null ? use.mp : min(use.mp, theta / boundOf(use))))
  return { m, s: ACCOUNTS.map((_, c) => sum(uses.map(({ t }, e) => m[e]! * t[c]!))) }
}

const positive = ({ s }: { s: bigint[] }) => sum(s.map((value) => max(0n, value)))

/** The rounds of step 5, and whether the last one changed nothing. */
function fixedPointOf(uses: readonly Use[], dataParts: bigint): { dBar: bigint; settled: boolean } {
  const fees = sum(uses.map(({ fee }) => fee))
  let dBar = max(1n, positive(scoresOf(uses, null, dataParts)) / fees)
  for (let round = 0; round < 32; round++) {
    const next = max(1n, min(dBar, positive(scoresOf(uses, dBar, dataParts)) / fees))
    if (next === dBar) return { dBar, settled: true }
    dBar = next
  }
  return { dBar, settled: false }
}

const someUses = fc.array(
  fc.record({
    fee: fc.bigInt({ min: 1n, max: 1n << 40n }),
    mp: fc.bigInt({ min: 0n, max: 65_535n }),
    t: fc.array(fc.bigInt({ min: -(1n << 58n), max: 1n << 58n }), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
)
const parts = fc.constantFrom(1, 333_333, 500_000, 600_000)

describe('demand', () => {
  test('scores, weights and effective events are those of whole numbers, with a cap and without', async () => {
    const cap = fc.option(fc.bigInt({ min: 1n, max: 1n << 76n }))
    await fc.assert(
      fc.asyncProperty(someUses, cap, parts, async (uses, dBar, dataParts) => {
        await write(uses)
        const expected = scoresOf(uses, dBar, BigInt(dataParts))
        const found = await scoreAccounts(database, dBar, dataParts)
        expect(ACCOUNTS.map((account) => found.s.get(account))).toEqual(expected.s)
        expect(found.sumPositive).toBe(positive(expected))
        for (const [c, account] of ACCOUNTS.entries()) expect(sum(found.buckets.get(account)!)).toBe(expected.s[c])
        const squares = sum(expected.m.map((m) => m * m))
        const effective = squares === 0n ? 0n : sum(expected.m) ** 2n / squares
        expect(await effectiveEvents(database)).toBe(effective)
      }),
      runs(60),
    )
  })

  test('D̄ of a first period is the largest fixed point that its own rounds come to', async () => {
    let settledRuns = 0
    await fc.assert(
      fc.asyncProperty(someUses, parts, async (uses, dataParts) => {
        await write(uses)
        const fees = sum(uses.map(({ fee }) => fee))
        const { dBar, settled } = fixedPointOf(uses, BigInt(dataParts))
        expect(await largestFixedPoint(database, fees, dataParts)).toBe(dBar)
        if (!settled) return
        settledRuns++
        const again = max(1n, min(dBar, positive(scoresOf(uses, dBar, BigInt(dataParts))) / fees))
        expect(again).toBe(dBar)
      }),
      runs(40),
    )
    expect(settledRuns).toBeGreaterThan(0)
  })

  test('one large use cannot carry the price: it counts at most θ·D̄ of its fee', async () => {
    const ordinary = Array.from({ length: 20 }, (): Use => ({ fee: 100n, mp: 1_000n, t: [10n, 10n, 10n] }))
    const uses = [...ordinary, { fee: 100n, mp: 60_000n, t: [1_000_000n, 0n, 0n] }]
    await write(uses)
    const dBar = await largestFixedPoint(database, 2_100n, 500_000)
    await scoreAccounts(database, dBar, 500_000)
    const rows = await database.all<{ m: bigint }>('SELECT m FROM event_weight ORDER BY event')
    const large = rows.at(-1)!.m * 1_000_000n
    expect(large).toBeLessThanOrEqual((100n * 9n * dBar) / 5n)
    expect(dBar).toBeLessThan(1_000_000n * 60_000n)
  })

  test('D̄ moves by at most a tenth a period, freely in the first, and never below 1', () => {
    expect(nextDBar(1_000n, 5_000_000n, 1_000n, true)).toBe(5_000n)
    expect(nextDBar(1_000n, 1_050_000n, 1_000n, false)).toBe(1_050n)
    expect(nextDBar(1_000n, 5_000_000n, 1_000n, false)).toBe(1_100n)
    expect(nextDBar(1_000n, 5_000n, 1_000n, false)).toBe(900n)
    expect(nextDBar(1_009n, 5_000n, 1_000n, false)).toBe(908n)
    expect(nextDBar(1_009n, 5_000_000n, 1_000n, false)).toBe(1_109n)
    expect(nextDBar(1n, 0n, 1_000n, false)).toBe(1n)
    expect(nextDBar(7n, 0n, 1_000n, true)).toBe(1n)
  })

  test('a D̄ so large that θ leaves 128 bits binds nothing: the scores are those without a cap', async () => {
    await write([{ fee: 3n, mp: 65_535n, t: [1_000n, -5n, 7n] }])
    const free = await scoreAccounts(database, null, 500_000)
    for (const dBar of [1n << 126n, 1n << 127n, 1n << 140n]) {
      const capped = await scoreAccounts(database, dBar, 500_000)
      expect(capped.s).toEqual(free.s)
    }
  })
})
