import { sha256 } from '../../anchor/hash.ts'
import type { ManifestPeriod } from '../../anchor/manifest.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import type { PeriodDraft } from '../attribution/attribute-epoch.ts'
import type { CarriedPeriod, CarryState } from '../carry-state.ts'
import type { Policy } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import type { Lines } from './lines.ts'
import type { DataParts } from './pools.ts'

export interface SettledPeriod {
  readonly entry: ManifestPeriod
  readonly next: CarriedPeriod
  /** What of its pool goes to unattributed. */
  readonly unattributed: bigint
}

/** Pays a period, holds it, or gives its pool to unattributed (docs/formats.md#settlement rule 4). */
export async function payPeriod(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  before: CarryState,
  data: DataParts,
  policy: Policy,
  lines: Lines,
): Promise<SettledPeriod> {
  const { model, token, output } = draft
  const carried = before.periods.find((period) => period.model === model && period.token === token)
  const pool = BigInt(carried?.pool ?? 0) + (data.featured.get(`${model}/${token}`) ?? 0n)
  const payable = output.next !== null
  const expired = !payable && draft.epochs.length >= policy.maxPeriodEpochs
  const paid = payable ? await payAccounts(warehouse, epoch, draft, pool, lines) : 0n
  const left = payable ? pool - paid : 0n
  const state = payable ? 'paid' : expired ? 'unattributed' : 'held'
  return {
    entry: await describePeriod(warehouse, epoch, draft, { state, pool, paid, carried: left }),
    next: {
      model,
      token,
      dBarFixed: output.next?.dBarFixed ?? carried?.dBarFixed ?? null,
      epochs: state === 'held' ? draft.epochs : [],
      pool: (payable ? left : expired ? 0n : pool).toString(),
    },
    unattributed: expired ? pool : 0n,
  }
}

/** docs/attribution.md step 8. @returns what was paid; the rest of the pool is carried. */
async function payAccounts(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  pool: bigint,
  lines: Lines,
): Promise<bigint> {
  const { model, token } = draft
  const solved = draft.output.solved!
  const scores = await warehouse.all<{ account: string; s: bigint }>(
    'SELECT account, s FROM score WHERE epoch = $epoch AND model = $model AND token = $token ORDER BY account',
    { epoch, model, token },
  )
  const weights = scores.map(({ s }) => (s > 0n ? s : 0n))
  const amounts = apportion(pool, [...weights, BigInt(solved.denominator) - BigInt(solved.sumPositive)])
  let paid = 0n
  for (const [index, { account }] of scores.entries()) {
    const amount = amounts[index]!
    if (amount === 0n) continue
    lines.add({ account, token, kind: 'data', asset: model }, amount)
    await warehouse.run(
      'UPDATE score SET pay = $amount WHERE epoch = $epoch AND model = $model AND token = $token AND account = $account',
      { amount, epoch, model, token, account },
    )
    paid += amount
  }
  return paid
}

interface Outcome {
  readonly state: ManifestPeriod['state']
  readonly pool: bigint
  readonly paid: bigint
  readonly carried: bigint
}

async function describePeriod(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  outcome: Outcome,
): Promise<ManifestPeriod> {
  const { model, token, output } = draft
  const { solved, next } = output
  const vectors = await warehouse.one(
    'SELECT v, x FROM period WHERE epoch = $epoch AND model = $model AND token = $token',
    {
      epoch,
      model,
      token,
    },
  )
  const hashOf = (value: unknown) => (solved === null ? null : (toHex(sha256(fromBlob(value))) as Hash32))
  return {
    model,
    token: token as Address,
    featureMap: draft.featureMap,
    method: draft.method,
    state: outcome.state,
    firstEpoch: draft.epochs[0]!,
    epochs: draft.epochs.length,
    events: output.events,
    items: output.items,
    duplicates: output.duplicates,
    effectiveEvents: output.effectiveEvents,
    fees: output.fees,
    pool: outcome.pool.toString(),
    paid: outcome.paid.toString(),
    carried: outcome.carried.toString(),
    feeShift: output.feeShift,
    lambda: solved?.lambda ?? null,
    lambdaRetries: solved?.lambdaRetries ?? null,
    exponent: solved?.exponent ?? null,
    vExponent: solved?.vExponent ?? null,
    dBar: solved?.dBar ?? null,
    dBarNext: next?.dBar ?? null,
    sumPositive: solved?.sumPositive ?? null,
    denominator: solved?.denominator ?? null,
    vHash: hashOf(vectors?.v),
    xHash: hashOf(vectors?.x),
    vErrorNano: solved?.vErrorNano ?? null,
  }
}
