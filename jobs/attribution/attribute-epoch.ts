import { BIGINT, BLOB, DOUBLE, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type CarriedPeriod, type CarryState, loadState } from '../carry-state.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import { compareText } from '../funding/channels.ts'
import { fundFees } from '../funding/fund-fees.ts'
import { type Policy, policyInForce } from '../funding/policy.ts'
import { assertStatusesStand } from '../funding/statuses-stand.ts'
import type { Ledger } from '../ledger.ts'
import { takeUses } from './channels/take-uses.ts'
import { keepForExplanations } from './explain/explain-inferences.ts'
import { keepCurvature } from './features/curvature-state.ts'
import { type LoadedEvents, type LoadedItems, loadEvents, loadItems } from './features/load-period.ts'
import { requireFeatures } from './features/require-features.ts'
import type { Kernels } from './kernel/kernels.ts'
import { withKernels } from './kernel/open-kernels.ts'
import type { PeriodResult } from './method.ts'
import { methodFor } from './methods.ts'

const openedPeriods = readSql(new URL('./opened-periods.sql', import.meta.url))

const SCORE_TYPES = [
  INTEGER,
  VARCHAR,
  VARCHAR,
  VARCHAR,
  INTEGER,
  INTEGER,
  HUGEINT,
  HUGEINT,
  DOUBLE,
  DOUBLE,
  DOUBLE,
  HUGEINT,
]
const VALUE_TYPES = [INTEGER, VARCHAR, VARCHAR, BLOB, INTEGER, BIGINT]

export interface AttributeOptions {
  readonly ledger: Ledger
  /** In a copy in which fees were funded before: they stay so, and only influence is computed again. */
  readonly rerun?: {
    /** Undefined: that of the policy in force. */
    readonly method: string | undefined
  }
  readonly onProgress?: (text: string) => void
}

interface Attribution extends AttributeOptions {
  readonly kernels: Kernels
}

/** What `attribute` leaves for `settle`: the period's numbers, without amounts. */
export interface PeriodDraft {
  readonly model: string
  readonly token: string
  readonly featureMap: string
  readonly method: string
  readonly epochs: readonly number[]
  readonly output: SerialisedOutput
}

type SerialisedOutput = ReturnType<typeof serialise>

/**
 * Attributes the oldest closed epoch: takes the fees, then scores each period that is open. All of it becomes visible in
 * one transaction together with the state `attributed`; killed before COMMIT, the next call does it again.
 *
 * @throws FeaturesErasedError
 */
export async function attributeEpoch(options: AttributeOptions): Promise<StepResult> {
  const { warehouse } = options.ledger
  const row = await firstEpochIn(warehouse, 'closed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No closed epoch waits to be attributed.' }
  // Balances and open periods come from the state after the epoch before, which `settle` writes.
  const unsettled = await firstEpochIn(warehouse, 'attributed')
  if (unsettled !== undefined)
    return { did: 'nothing', epoch: row.epoch, detail: `Epoch ${unsettled.epoch} has to be settled first.` }
  await requireFeatures(warehouse, row.epoch)
  const { onProgress } = options
  const drafts = await withKernels(
    (kernels) => warehouse.transaction(() => attribute({ ...options, kernels }, row.epoch)),
    onProgress === undefined ? {} : { onFallback: onProgress },
  )
  const events = drafts.reduce((sum, draft) => sum + draft.output.events, 0)
  const detail =
    drafts.length === 0
      ? 'There was nothing to attribute.'
      : `${events} paid uses attributed in ${drafts.length} period(s).`
  return { did: 'done', epoch: row.epoch, detail }
}

async function attribute(options: Attribution, epoch: number): Promise<PeriodDraft[]> {
  const { warehouse } = options.ledger
  const state = await loadState(warehouse, epoch - 1)
  const policy = await policyFor(options, epoch)
  const purses =
    options.rerun === undefined ? await fund(warehouse, epoch, state, policy) : await loadState(warehouse, epoch)
  const drafts: PeriodDraft[] = []
  if (policy !== undefined) {
    await takeUses(warehouse, epoch, policy, state.waiting)
    for (const period of await openPeriods(warehouse, epoch, state.periods)) {
      drafts.push(await attributePeriod(options, epoch, policy, period))
    }
  }
  // Kept until settle writes the whole state of the epoch in its place.
  const draft = { balances: purses.balances, channels: purses.channels, outside: purses.outside, drafts }
  await warehouse.run('UPDATE epoch SET policy = $policy, state_json = $draft WHERE epoch = $epoch', {
    epoch,
    policy: policy?.policy ?? null,
    draft: JSON.stringify(draft),
  })
  await setState(warehouse, epoch, 'closed', 'attributed')
  return drafts
}

async function policyFor({ ledger, rerun }: AttributeOptions, epoch: number): Promise<Policy | undefined> {
  const policy = await policyInForce(ledger.warehouse, epoch)
  return policy === undefined || rerun?.method === undefined ? policy : { ...policy, method: rerun.method }
}

type PursesAfter = Pick<CarryState, 'balances' | 'channels' | 'outside'>

async function fund(
  warehouse: Database,
  epoch: number,
  { balances, channels }: CarryState,
  policy: Policy | undefined,
): Promise<PursesAfter> {
  const before = balances.map((balance) => ({ ...balance, amount: BigInt(balance.amount) }))
  const purses = await fundFees(warehouse, epoch, { balances: before, channels }, policy)
  await assertStatusesStand(warehouse, epoch)
  return {
    ...purses,
    balances: purses.balances.map((balance) => ({ ...balance, amount: balance.amount.toString() })),
  }
}

/** Periods that were open already, and those opened by features of this epoch that count; ascending by (model, token). */
async function openPeriods(
  warehouse: Database,
  epoch: number,
  carried: readonly CarriedPeriod[],
): Promise<CarriedPeriod[]> {
  const periods = new Map(carried.map((period) => [`${period.model}/${period.token}`, period]))
  const opened = await warehouse.all<{ model: string; token: string }>(openedPeriods, { epoch })
  const touched = new Set(opened.map(({ model, token }) => `${model}/${token}`))
  for (const { model, token } of opened) {
    const key = `${model}/${token}`
    if (!periods.has(key)) periods.set(key, { model, token, dBarFixed: null, epochs: [], pool: '0', carriedIn: '0' })
  }
  return [...periods]
    .filter(([key, period]) => period.epochs.length > 0 || touched.has(key))
    .map(([, period]) => ({ ...period, epochs: [...period.epochs, epoch] }))
    .sort((a, b) => compareText(a.model, b.model) || compareText(a.token, b.token))
}

async function attributePeriod(
  options: Attribution,
  epoch: number,
  policy: Policy,
  period: CarriedPeriod,
): Promise<PeriodDraft> {
  const { warehouse } = options.ledger
  const method = methodFor(policy.method, 'factored')
  const { model, token, epochs, dBarFixed } = period
  const map = await warehouse.one('SELECT * FROM feature_map WHERE model = $model', { model })
  const featureMap = map!.feature_map as string
  const shape = {
    rank: map!.feature_rank as number,
    classes: map!.classes as number,
    checkpointCount: map!.checkpoints as number,
  }
  const loaded = await loadItems(warehouse, shape, featureMap, epoch)
  const paid = await loadEvents(warehouse, shape, { model, token, featureMap, firstEpoch: epochs[0]!, epoch })
  const curvature =
    paid.dataParts === 0
      ? undefined
      : await keepCurvature({ warehouse, kernels: options.kernels, shape, featureMap, loaded })
  const result =
    curvature === undefined
      ? undefined
      : await method.attribute({
          accounts: loaded.accounts.length,
          items: loaded.items,
          events: paid.events,
          dataParts: paid.dataParts,
          minEvents: policy.minEvents,
          dBarFixed: dBarFixed === null ? null : BigInt(dBarFixed),
          kernels: options.kernels,
          curvature,
          ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        })
  if (curvature !== undefined) await keepForExplanations({ warehouse, epoch, featureMap, shape }, loaded, curvature)
  await writeScores(warehouse, epoch, period, loaded, result)
  if (result !== undefined) await writeValues(warehouse, epoch, period, loaded, result)
  await warehouse.run(
    `INSERT INTO period (epoch, model, token, entry_json, d_bar_fixed, v, x) VALUES ($epoch, $model, $token, '{}', $fixed, $v, $x)`,
    {
      epoch,
      model,
      token,
      fixed: result?.next?.dBarFixed.toString() ?? null,
      v: result === undefined ? null : toBlob(int32Bytes(result.v)),
      x: result === undefined ? null : toBlob(float64Bytes(result.x)),
    },
  )
  return { model, token, epochs, featureMap, method: method.name, output: serialise(loaded, paid, result) }
}

async function writeScores(
  warehouse: Database,
  epoch: number,
  period: CarriedPeriod,
  { accounts }: LoadedItems,
  result: PeriodResult | undefined,
): Promise<void> {
  const rows = accounts.map(({ account, items, duplicates }, index): DuckDBValue[] => {
    const interval = result?.intervals[index]
    return [
      epoch,
      period.model,
      period.token,
      account,
      items,
      duplicates,
      result?.scores[index] ?? 0n,
      0n,
      interval?.low ?? null,
      interval?.value ?? null,
      interval?.high ?? null,
      0n,
    ]
  })
  await warehouse.append('score', SCORE_TYPES, rows)
}

/** Values of single items, of periods that pay. What was withdrawn can lower a score and never raise one: so does its value. */
async function writeValues(
  warehouse: Database,
  epoch: number,
  { model, token }: CarriedPeriod,
  { items, places }: LoadedItems,
  { next, values }: PeriodResult,
): Promise<void> {
  if (next === null) return
  const rows = places.map(({ batch, index }, item): DuckDBValue[] => [
    epoch,
    model,
    token,
    toBlob(batch),
    index,
    BigInt(items.withdrawn[item] === 1 ? Math.min(0, values[item]!) : values[item]!),
  ])
  await warehouse.append('item_value', VALUE_TYPES, rows)
}

/** The numbers of a period as JSON keeps them between two steps: bigints as decimal text, no vectors. */
function serialise({ accounts, items }: LoadedItems, paid: LoadedEvents, result: PeriodResult | undefined) {
  return {
    events: paid.events.rows.count,
    items: items.rows.count,
    duplicates: accounts.reduce((sum, { duplicates }) => sum + duplicates, 0),
    feeShift: paid.feeShift,
    fees: paid.fees.toString(),
    effectiveEvents: result?.effectiveEvents.toString() ?? '0',
    solved:
      result === undefined
        ? null
        : {
            lambda: result.lambda.toString(),
            lambdaRetries: result.lambdaRetries,
            exponent: result.exponent,
            vExponent: result.vExponent,
            dBar: result.dBar.toString(),
            sumPositive: result.sumPositive.toString(),
            denominator: result.denominator.toString(),
            vErrorNano: result.vErrorNano.toString(),
          },
    next:
      result === undefined || result.next === null
        ? null
        : { dBar: result.next.dBar.toString(), dBarFixed: result.next.dBarFixed.toString() },
  }
}

function int32Bytes(values: Int32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 4))
  for (const [index, value] of values.entries()) bytes.setInt32(index * 4, value)
  return new Uint8Array(bytes.buffer)
}

function float64Bytes(values: Float64Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 8))
  for (const [index, value] of values.entries()) bytes.setFloat64(index * 8, value)
  return new Uint8Array(bytes.buffer)
}
