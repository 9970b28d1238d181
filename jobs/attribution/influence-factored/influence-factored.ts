import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { bitLength, shiftBy } from '../../integers.ts'
import type { AccountScore, AttributionMethod, Payable, PeriodInput, PeriodOutput } from '../method.ts'
import { Cholesky } from '../solver/cholesky.ts'
import { type AccountVector, solveAccounts } from './account-vectors.ts'
import { curvature, damping } from './curvature.ts'
import { type DemandScores, effectiveEvents, largestFixedPoint, nextDBar, scoreAccounts } from './demand.ts'
import { solveDemand, withDiagonal } from './demand-vector.ts'
import { loadEvents, loadItems } from './item-matrix.ts'
import { type ShareInterval, shareIntervals } from './jackknife.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const SQL = {
  items: sql('./items.sql'),
  keptItems: sql('./kept-items.sql'),
  events: sql('./events.sql'),
  eventScores: sql('./event-scores.sql'),
  eventBounds: sql('./event-bounds.sql'),
  itemValues: sql('./item-values.sql'),
}

const FEE_BITS = 48
const D_BAR_EXPONENT = 128
/** Beyond these a period is not solved but held (docs/attribution.md step 0): nobody can stop a ledger by contributing much. */
const ACCOUNTS_MAX = 1_024
const ITEMS_MAX = 30_000

/** `influence/factored@1`: docs/attribution.md, step by step. */
export const influenceFactored: AttributionMethod = { name: 'influence/factored@1', attribute }

interface Prepared {
  readonly events: number
  readonly fees: bigint
  readonly feeShift: number
  readonly feesScaled: bigint
  readonly counts: ReadonlyMap<string, { items: number; duplicates: number }>
}

async function attribute(input: PeriodInput): Promise<PeriodOutput> {
  const { warehouse, shape } = input
  const prepared = await prepare(input)
  const items = await loadItems(warehouse, shape)
  const isTooLarge = prepared.counts.size > ACCOUNTS_MAX || items.count > ITEMS_MAX
  if (isTooLarge || items.count === 0 || prepared.feesScaled === 0n || input.dataParts === 0) {
    return unsolved(prepared, items.count)
  }
  input.onProgress?.(`curvature of ${items.count} contributions`)
  const k = curvature(items)
  const size = shape.rank * shape.classes
  const lambda = damping(k, size)
  const factor = new Cholesky(withDiagonal(k, size, lambda), size)
  input.onProgress?.('influence of accounts')
  const vectors = await solveAccounts(warehouse, shape, factor)
  if (vectors.length === 0) return unsolved(prepared, items.count)
  const kMax = Math.max(...vectors.map((vector) => vector.k))
  input.onProgress?.(`scores of ${prepared.events} paid uses`)
  await warehouse.run(SQL.eventScores, { classes: shape.classes })
  await warehouse.run(SQL.eventBounds, { feeShift: prepared.feeShift })
  const dBar = await openingDBar(input, prepared.feesScaled, kMax)
  const demand = await scoreAccounts(warehouse, dBar, input.dataParts)
  const effective = await effectiveEvents(warehouse)
  const intervals = shareIntervals(
    [...prepared.counts.keys()],
    demand,
    items,
    await loadEvents(warehouse, shape),
    factor,
  )
  const floor = dBar * prepared.feesScaled
  const solved = {
    lambda,
    kMax,
    dBar,
    sumPositive: demand.sumPositive,
    denominator: demand.sumPositive > floor ? demand.sumPositive : floor,
    feesScaled: prepared.feesScaled,
  }
  const payable = effective < BigInt(input.minEvents) ? null : await solvePayable(input, k, solved, factor)
  const scores = toScores(prepared, vectors, demand, intervals)
  return { ...describe(prepared, items.count), effectiveEvents: effective, scores, solved, payable }
}

/** Fills `item`, `kept_item` and `event`, and sums the fees. */
async function prepare(input: PeriodInput): Promise<Prepared> {
  const { warehouse, epoch, firstEpoch, model, token, featureMap } = input
  await warehouse.run(SQL.items, { featureMap, epoch })
  await warehouse.run(SQL.keptItems)
  await warehouse.run(SQL.events, { model, token, featureMap, firstEpoch, epoch })
  const total = await warehouse.one<{ events: bigint; fees: bigint }>(
    'SELECT count(*) AS events, coalesce(sum(fee), 0)::HUGEINT AS fees FROM event',
  )
  const fees = total?.fees ?? 0n
  const feeShift = Math.max(0, bitLength(fees) - FEE_BITS)
  const scaled = await warehouse.one<{ fees: bigint }>(
    'SELECT coalesce(sum(fee >> $feeShift), 0)::HUGEINT AS fees FROM event',
    { feeShift },
  )
  const counts = new Map<string, { items: number; duplicates: number }>()
  for (const row of await warehouse.all<{ account: string; kept: bigint; copies: bigint }>(
    `SELECT account, count(*) FILTER (kept) AS kept, count(*) FILTER (NOT kept) AS copies FROM item GROUP BY account ORDER BY account`,
  )) {
    counts.set(row.account, { items: Number(row.kept), duplicates: Number(row.copies) })
  }
  return { events: Number(total?.events ?? 0n), fees, feeShift, feesScaled: scaled?.fees ?? 0n, counts }
}

async function openingDBar(input: PeriodInput, feesScaled: bigint, kMax: number): Promise<bigint> {
  if (input.dBarFixed === null) return largestFixedPoint(input.warehouse, feesScaled, input.dataParts)
  const dBar = shiftBy(input.dBarFixed, kMax - D_BAR_EXPONENT)
  return dBar < 1n ? 1n : dBar
}

async function solvePayable(
  input: PeriodInput,
  k: Float64Array,
  solved: NonNullable<PeriodOutput['solved']>,
  factor: Cholesky,
): Promise<Payable> {
  input.onProgress?.('influence of single contributions')
  const demand = await solveDemand(input.warehouse, input.shape, k, solved.lambda, factor)
  const { epoch, model, token } = input
  await input.warehouse.run(
    `INSERT INTO item_value SELECT $epoch, $model, $token, batch, item_index, value FROM (${SQL.itemValues})`,
    {
      epoch,
      model,
      token,
      classes: input.shape.classes,
    },
  )
  const next = nextDBar(solved.dBar, solved.sumPositive, solved.feesScaled, input.dBarFixed === null)
  return {
    dBarNext: next,
    dBarFixed: shiftBy(next, D_BAR_EXPONENT - solved.kMax),
    lambdaRetries: demand.lambdaRetries,
    vErrorNano: demand.errorNano,
    v: int16Bytes(demand.v),
    x: float64Bytes(demand.x),
  }
}

function toScores(
  prepared: Prepared,
  vectors: readonly AccountVector[],
  demand: DemandScores,
  intervals: ReadonlyMap<string, ShareInterval>,
): AccountScore[] {
  const byAccount = new Map(vectors.map((vector) => [vector.account, vector]))
  return [...prepared.counts].map(([account, counts]) => {
    const vector = byAccount.get(account)
    return {
      account,
      ...counts,
      k: vector?.k ?? null,
      sHat: vector === undefined ? null : int16Bytes(vector.sHat),
      s: demand.s.get(account) ?? 0n,
      share: intervals.get(account) ?? null,
    }
  })
}

function describe(prepared: Prepared, items: number) {
  let duplicates = 0
  for (const counts of prepared.counts.values()) duplicates += counts.duplicates
  return { events: prepared.events, items, duplicates, fees: prepared.fees, feeShift: prepared.feeShift }
}

function unsolved(prepared: Prepared, items: number): PeriodOutput {
  const scores = [...prepared.counts].map(([account, counts]) => ({
    account,
    ...counts,
    k: null,
    sHat: null,
    s: 0n,
    share: null,
  }))
  return { ...describe(prepared, items), effectiveEvents: 0n, scores, solved: null, payable: null }
}

function int16Bytes(values: Int16Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 2))
  for (const [index, value] of values.entries()) bytes.setInt16(index * 2, value)
  return new Uint8Array(bytes.buffer)
}

function float64Bytes(values: Float64Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 8))
  for (const [index, value] of values.entries()) bytes.setFloat64(index * 8, value)
  return new Uint8Array(bytes.buffer)
}
