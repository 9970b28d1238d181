import type { ManifestPeriod } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { loadEvents, loadItems } from '../attribution/features/load-period.ts'
import type { Kernels } from '../attribution/kernel/kernels.ts'
import type { AttributionMethod, PeriodResult } from '../attribution/method.ts'
import { methodFor } from '../attribution/methods.ts'
import type { FactoredRows, PeriodEvents, PeriodItems } from '../attribution/rows.ts'
import { loadState } from '../carry-state.ts'
import { factored, withoutCheckpoints } from './event-rows.ts'

/** Contributions and paid uses of a period together; a larger one is not simulated. */
const ROWS_MAX = 100_000

/** A period as it was paid, with everything that is needed to pay it again otherwise. */
export interface PaidPeriod {
  readonly entry: ManifestPeriod
  readonly method: AttributionMethod
  readonly kernels: Kernels
  readonly accounts: readonly string[]
  readonly items: PeriodItems & { readonly rows: FactoredRows }
  readonly curvature: BigInt64Array
  readonly events: PeriodEvents
  /** Fees of `events` are whole multiples of 2^feeShift atoms. */
  readonly feeShift: number
  readonly dataParts: number
  readonly dBarFixed: bigint | null
  /** As it was paid. */
  readonly result: PeriodResult
}

/** Why a period is not simulated. */
export type NotSimulated = 'too large' | 'its features are not what they were'

/**
 * Loads a paid period, and computes it again: what is simulated begins with what was paid, score by score.
 *
 * @param entry of the manifest of `epoch`, of state `paid`
 */
export async function loadPaidPeriod(
  warehouse: Database,
  kernels: Kernels,
  epoch: number,
  entry: ManifestPeriod,
): Promise<PaidPeriod | NotSimulated> {
  if (entry.items + entry.events > ROWS_MAX) return 'too large'
  const { model, token, featureMap, firstEpoch } = entry
  const map = (await warehouse.one('SELECT * FROM feature_map WHERE feature_map = $featureMap', { featureMap }))!
  const shape = {
    rank: map.feature_rank as number,
    classes: map.classes as number,
    checkpointCount: map.checkpoints as number,
  }
  const loaded = await loadItems(warehouse, shape, featureMap, epoch)
  const paid = await loadEvents(warehouse, shape, { model, token, featureMap, firstEpoch, epoch })
  const rows = withoutCheckpoints(factored(loaded.items))
  const before = await loadState(warehouse, epoch - 1)
  const known = before.periods.find((period) => period.model === model && period.token === token)
  const period = {
    ...{ entry, method: methodFor(entry.method, 'factored'), kernels },
    accounts: loaded.accounts.map(({ account }) => account),
    items: { ...loaded.items, rows },
    curvature: await kernels.curvature(rows, 'softmax', 0, rows.count),
    events: { ...paid.events, rows: withoutCheckpoints(factored(paid.events)) },
    ...{ feeShift: paid.feeShift, dataParts: paid.dataParts },
    dBarFixed: known?.dBarFixed == null ? null : BigInt(known.dBarFixed),
  }
  const result = await attribute(period, {})
  const isSame = result !== undefined && (await wasPaidSo(warehouse, epoch, entry, period.accounts, result))
  return isSame ? { ...period, result } : 'its features are not what they were'
}

/** What somebody changes of a period. */
export interface Change {
  readonly items?: PeriodItems & { readonly rows: FactoredRows }
  readonly curvature?: BigInt64Array
  /** How many accounts there are then. */
  readonly accounts?: number
  readonly events?: PeriodEvents
}

/** Computes the period with a change. @returns undefined when nothing is left to solve */
export function attribute(period: Omit<PaidPeriod, 'result'>, change: Change): Promise<PeriodResult | undefined> {
  const { method, kernels, dataParts, dBarFixed } = period
  return method.attribute({
    accounts: change.accounts ?? period.accounts.length,
    items: change.items ?? period.items,
    events: change.events ?? period.events,
    curvature: change.curvature ?? period.curvature,
    ...{ dataParts, dBarFixed, kernels, minEvents: 1 },
  })
}

/** K of added contributions on top of the period's. */
export async function addedCurvature({ kernels, curvature }: PaidPeriod, added: FactoredRows): Promise<BigInt64Array> {
  const sums = await kernels.curvature(added, 'softmax', 0, added.count)
  return curvature.map((entry, at) => entry + sums[at]!)
}

async function wasPaidSo(
  warehouse: Database,
  epoch: number,
  { model, token }: ManifestPeriod,
  accounts: readonly string[],
  { scores }: PeriodResult,
): Promise<boolean> {
  const rows = await warehouse.all<{ account: string; s: bigint }>(
    'SELECT account, s FROM score WHERE epoch = $epoch AND model = $model AND token = $token ORDER BY account',
    { epoch, model, token },
  )
  const isSame = (row: { account: string; s: bigint }, at: number) =>
    row.account === accounts[at] && row.s === scores[at]
  return rows.length === accounts.length && rows.every(isSame)
}

/** What a period pays of its own fees and of what it was left, atoms: rule 5 of docs/formats.md#settlement, hold-back included. */
export function payableOf({ entry }: PaidPeriod, addedOwn = 0n): bigint {
  const [pool, carriedIn] = [BigInt(entry.pool), BigInt(entry.carriedIn)]
  const own = pool - carriedIn + addedOwn
  const most = own + own / 9n
  return pool + addedOwn < most ? pool + addedOwn : most
}

/** Pay of some accounts together, atoms rounded down. */
export function payOf({ scores, denominator }: PeriodResult, accounts: readonly number[], payable: bigint): bigint {
  const positive = accounts.reduce((sum, at) => (scores[at]! > 0n ? sum + scores[at]! : sum), 0n)
  return denominator === 0n ? 0n : (payable * positive) / denominator
}
