import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'

const eventWeights = readSql(new URL('./event-weights.sql', import.meta.url))
const accountScores = readSql(new URL('./account-scores.sql', import.meta.url))

/** θ = .9 / d in millionths (docs/attribution.md step 5). */
const THETA_MILLIONTHS = 900_000n
const THETA_MAX = (1n << 126n) - 1n
const FIXED_POINT_ROUNDS_MAX = 32
const BUCKETS = 10

export interface DemandScores {
  /** Account → s. */
  readonly s: ReadonlyMap<string, bigint>
  /** Account → the part of s that each of ten buckets of events brings. */
  readonly buckets: ReadonlyMap<string, readonly bigint[]>
  readonly sumPositive: bigint
}

/** Scores with every event capped by θ·D̄ (null: not capped). Leaves the weights in `event_weight`. */
export async function scoreAccounts(
  warehouse: Database,
  dBar: bigint | null,
  dataParts: number,
): Promise<DemandScores> {
  // Beyond HUGEINT it binds nothing: M is below 2^74, so the quotient exceeds every mp (at most 65,535) long before.
  const bound = dBar === null ? null : (THETA_MILLIONTHS * dBar) / BigInt(dataParts)
  const theta = bound !== null && bound > THETA_MAX ? THETA_MAX : bound
  await warehouse.run(eventWeights, { theta })
  const s = new Map<string, bigint>()
  const buckets = new Map<string, bigint[]>()
  for (const row of await warehouse.all<{ account: string; bucket: number; s: bigint }>(accountScores)) {
    s.set(row.account, (s.get(row.account) ?? 0n) + row.s)
    const parts = buckets.get(row.account) ?? new Array<bigint>(BUCKETS).fill(0n)
    parts[row.bucket] = row.s
    buckets.set(row.account, parts)
  }
  let sumPositive = 0n
  for (const value of s.values()) if (value > 0n) sumPositive += value
  return { s, buckets, sumPositive }
}

/**
 * D̄ of a (model, token) that has none yet: the largest fixed point of its own events, from the uncapped value downwards.
 *
 * @param feesScaled F, above 0
 */
export async function largestFixedPoint(warehouse: Database, feesScaled: bigint, dataParts: number): Promise<bigint> {
  const uncapped = await scoreAccounts(warehouse, null, dataParts)
  let dBar = atLeastOne(uncapped.sumPositive / feesScaled)
  for (let round = 0; round < FIXED_POINT_ROUNDS_MAX; round++) {
    const { sumPositive } = await scoreAccounts(warehouse, dBar, dataParts)
    const next = atLeastOne(min(dBar, sumPositive / feesScaled))
    if (next === dBar) break
    dBar = next
  }
  return dBar
}

/** (Σm)² div Σm², 0 when nothing counts. */
export async function effectiveEvents(warehouse: Database): Promise<bigint> {
  let sum = 0n
  let squares = 0n
  for (const row of await warehouse.all<{ m: bigint }>('SELECT m FROM event_weight WHERE m <> 0')) {
    sum += row.m
    squares += row.m * row.m
  }
  return squares === 0n ? 0n : (sum * sum) / squares
}

/** D̄ of the next period: what this one observed, moved by at most a tenth (free in the first). */
export function nextDBar(dBar: bigint, sumPositive: bigint, feesScaled: bigint, isFirst: boolean): bigint {
  const observed = atLeastOne(sumPositive / feesScaled)
  if (isFirst) return observed
  const low = (dBar * 9n) / 10n
  const high = (dBar * 11n) / 10n
  return atLeastOne(observed < low ? low : observed > high ? high : observed)
}

function atLeastOne(value: bigint): bigint {
  return value < 1n ? 1n : value
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
