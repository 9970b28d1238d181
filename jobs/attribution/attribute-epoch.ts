import { BLOB, DOUBLE, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { type CarriedPeriod, loadState } from '../carry-state.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import { compareText, fundFees } from '../funding/fund-fees.ts'
import { type Policy, policyInForce } from '../funding/policy.ts'
import type { Ledger } from '../ledger.ts'
import { UnknownMethodError } from './errors.ts'
import { influenceFactored } from './influence-factored/influence-factored.ts'
import type { AttributionMethod, PeriodOutput } from './method.ts'

const METHODS: ReadonlyMap<string, AttributionMethod> = new Map([[influenceFactored.name, influenceFactored]])
const SCORE_TYPES = [
  INTEGER,
  VARCHAR,
  VARCHAR,
  VARCHAR,
  INTEGER,
  INTEGER,
  INTEGER,
  BLOB,
  HUGEINT,
  HUGEINT,
  DOUBLE,
  DOUBLE,
  DOUBLE,
]

export interface AttributeOptions {
  readonly ledger: Ledger
  readonly onProgress?: (text: string) => void
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
 */
export async function attributeEpoch(options: AttributeOptions): Promise<StepResult> {
  const { warehouse } = options.ledger
  const row = await firstEpochIn(warehouse, 'closed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No closed epoch waits to be attributed.' }
  // Balances and open periods come from the state after the epoch before, which `settle` writes.
  const unsettled = await firstEpochIn(warehouse, 'attributed')
  if (unsettled !== undefined)
    return { did: 'nothing', epoch: row.epoch, detail: `Epoch ${unsettled.epoch} has to be settled first.` }
  const drafts = await warehouse.transaction(() => attribute(options, row.epoch))
  const events = drafts.reduce((sum, draft) => sum + draft.output.events, 0)
  const detail =
    drafts.length === 0
      ? 'There was nothing to attribute.'
      : `${events} paid uses attributed in ${drafts.length} period(s).`
  return { did: 'done', epoch: row.epoch, detail }
}

async function attribute(options: AttributeOptions, epoch: number): Promise<PeriodDraft[]> {
  const { warehouse } = options.ledger
  const state = await loadState(warehouse, epoch - 1)
  const policy = await policyInForce(warehouse, epoch)
  const before = state.balances.map((balance) => ({ ...balance, amount: BigInt(balance.amount) }))
  const balances = await fundFees(warehouse, epoch, before, policy !== undefined)
  const drafts: PeriodDraft[] = []
  if (policy !== undefined) {
    for (const period of await openPeriods(warehouse, epoch, state.periods)) {
      drafts.push(await attributePeriod(options, epoch, policy, period))
    }
  }
  // Kept until settle writes the whole state of the epoch in its place.
  const draft = { balances: balances.map((balance) => ({ ...balance, amount: balance.amount.toString() })), drafts }
  await warehouse.run('UPDATE epoch SET policy = $policy, state_json = $draft WHERE epoch = $epoch', {
    epoch,
    policy: policy?.policy ?? null,
    draft: JSON.stringify(draft),
  })
  await setState(warehouse, epoch, 'closed', 'attributed')
  return drafts
}

/** Periods that were open already, and those that this epoch's featured, funded fees open; ascending by (model, token). */
async function openPeriods(
  warehouse: Database,
  epoch: number,
  carried: readonly CarriedPeriod[],
): Promise<CarriedPeriod[]> {
  const periods = new Map(carried.map((period) => [`${period.model}/${period.token}`, period]))
  const opened = await warehouse.all<{ model: string; token: string }>(
    `SELECT DISTINCT i.model, i.token FROM funded AS paid JOIN inference AS i USING (inference)
     JOIN inference_features AS f ON f.inference = i.inference AND f.epoch = i.epoch WHERE paid.epoch = $epoch`,
    { epoch },
  )
  const touched = new Set(opened.map(({ model, token }) => `${model}/${token}`))
  for (const { model, token } of opened) {
    const key = `${model}/${token}`
    if (!periods.has(key)) periods.set(key, { model, token, dBarFixed: null, epochs: [], pool: '0' })
  }
  return [...periods]
    .filter(([key, period]) => period.epochs.length > 0 || touched.has(key))
    .map(([, period]) => ({ ...period, epochs: [...period.epochs, epoch] }))
    .sort((a, b) => compareText(a.model, b.model) || compareText(a.token, b.token))
}

async function attributePeriod(
  options: AttributeOptions,
  epoch: number,
  policy: Policy,
  period: CarriedPeriod,
): Promise<PeriodDraft> {
  const { warehouse } = options.ledger
  const method = METHODS.get(policy.method)
  if (method === undefined)
    throw new UnknownMethodError({ method: policy.method, known: [...METHODS.keys()].join(', ') })
  const map = await warehouse.one('SELECT * FROM feature_map WHERE model = $model', { model: period.model })
  const output = await method.attribute({
    warehouse,
    epoch,
    firstEpoch: period.epochs[0]!,
    model: period.model,
    token: period.token,
    featureMap: map!.feature_map as string,
    shape: {
      rank: map!.feature_rank as number,
      classes: map!.classes as number,
      checkpoints: map!.checkpoints as number,
    },
    dataParts: policy.dataParts,
    minEvents: policy.minEvents,
    dBarFixed: period.dBarFixed === null ? null : BigInt(period.dBarFixed),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
  await writeScores(warehouse, epoch, period, output)
  await warehouse.run(
    `INSERT INTO period (epoch, model, token, entry_json, d_bar_fixed, v, x) VALUES ($epoch, $model, $token, '{}', $fixed, $v, $x)`,
    {
      epoch,
      model: period.model,
      token: period.token,
      fixed: output.payable?.dBarFixed.toString() ?? null,
      v: output.payable === null ? null : toBlob(output.payable.v),
      x: output.payable === null ? null : toBlob(output.payable.x),
    },
  )
  const { model, token, epochs } = period
  return {
    model,
    token,
    epochs,
    featureMap: map!.feature_map as string,
    method: method.name,
    output: serialise(output),
  }
}

async function writeScores(
  warehouse: Database,
  epoch: number,
  period: CarriedPeriod,
  output: PeriodOutput,
): Promise<void> {
  const rows = output.scores.map((score): DuckDBValue[] => [
    epoch,
    period.model,
    period.token,
    score.account,
    score.items,
    score.duplicates,
    score.k,
    score.sHat === null ? null : toBlob(score.sHat),
    score.s,
    0n,
    score.share?.low ?? null,
    score.share?.value ?? null,
    score.share?.high ?? null,
  ])
  await warehouse.append('score', SCORE_TYPES, rows)
}

/** The numbers of a period as JSON keeps them between two steps: bigints as decimal text, no vectors. */
function serialise(output: PeriodOutput) {
  const { events, items, duplicates, fees, feeShift, effectiveEvents, solved, payable } = output
  return {
    events,
    items,
    duplicates,
    feeShift,
    fees: fees.toString(),
    effectiveEvents: effectiveEvents.toString(),
    solved:
      solved === null
        ? null
        : {
            lambda: solved.lambda.toString(),
            kMax: solved.kMax,
            dBar: solved.dBar.toString(),
            sumPositive: solved.sumPositive.toString(),
            denominator: solved.denominator.toString(),
          },
    payable:
      payable === null
        ? null
        : {
            dBarNext: payable.dBarNext.toString(),
            dBarFixed: payable.dBarFixed.toString(),
            lambdaRetries: payable.lambdaRetries,
            vErrorNano: payable.vErrorNano.toString(),
          },
  }
}
