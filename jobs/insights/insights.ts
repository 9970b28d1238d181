import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import { apportion } from '../settlement/apportion.ts'
import { type PaidDuplicates, paidDuplicatesOf } from './paid-duplicates.ts'
import { type ServedDemand, servedDemand } from './served-demand.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const paidPeriods = sql('./paid-periods.sql')
const datasetValues = sql('./dataset-values.sql')
const hurtingItems = sql('./hurting-items.sql')

/** An item that lowered what the model's answers were worth. */
export interface HurtingItem {
  readonly account: Address
  readonly dataset: string
  readonly batchId: string
  readonly index: number
  readonly contentHash: Hash32
  /** Relative to all that helped: −0.01 took away as much as a hundredth of it gave. */
  readonly value: number
}

/** What a dataset's items of one account did, and cost. */
export interface DatasetValue {
  readonly dataset: string
  readonly account: Address
  readonly items: number
  readonly helping: number
  readonly hurting: number
  /** Part of all that helped, less what hurt. */
  readonly value: number
  /** The account's pay, divided over its datasets by what each did; atoms. */
  readonly paid: bigint
  /** value divided by the part of all pay: 1 is what an atom buys on average. Null when nothing was paid. */
  readonly valuePerPaid: number | null
}

/** The newest period of a token that paid. */
export interface PeriodInsights {
  readonly token: Address
  readonly epoch: number
  readonly paid: bigint
  /** Worst first. */
  readonly hurting: readonly HurtingItem[]
  readonly hurtingItems: number
  readonly datasets: readonly DatasetValue[]
}

export interface Insights {
  readonly model: string
  readonly featureMap: string
  /** One a token, ascending. */
  readonly periods: readonly PeriodInsights[]
  /** One a token, ascending: what was paid for contributions that are near or equal to one that was paid too. */
  readonly duplicates: readonly PaidDuplicates[]
  /** By the answer that was right, the least sure first: where a contribution would do most. */
  readonly demand: readonly ServedDemand[]
}

export class ModelUnknownError extends TallyError {
  override readonly code = 'MODEL_UNKNOWN'
  constructor(facts: { model: string; known: string }) {
    super(`No model ${JSON.stringify(facts.model)} with features is registered.`, {
      facts,
      hint: facts.known === '' ? 'No model has features yet.' : `Models with features: ${facts.known}.`,
    })
  }
}

/**
 * What a model builder can act on: data that hurts, datasets by what they did for what they cost, what was paid for near
 * duplicates, demand that is served badly.
 *
 * @param top how many hurting items, and paid duplicates, to name
 * @throws ModelUnknownError
 */
export async function insightsOf(warehouse: Database, model: string, top: number): Promise<Insights> {
  const maps = await warehouse.all<{ model: string; feature_map: string }>(
    'SELECT model, feature_map FROM feature_map ORDER BY model',
  )
  const map = maps.find((each) => each.model === model)
  if (map === undefined) throw new ModelUnknownError({ model, known: maps.map((each) => each.model).join(', ') })
  const periods = await warehouse.all<{ token: Address; epoch: number; paid: bigint }>(paidPeriods, { model })
  const duplicates: PaidDuplicates[] = []
  // One behind the other: they share a temporary table.
  for (const { token } of periods)
    duplicates.push(await paidDuplicatesOf(warehouse, { model, featureMap: map.feature_map, token }, top))
  return {
    model,
    featureMap: map.feature_map,
    periods: await Promise.all(periods.map((period) => periodInsights(warehouse, model, period, top))),
    duplicates,
    demand: await servedDemand(warehouse, model),
  }
}

interface ValueRow {
  readonly dataset: string
  readonly account: Address
  readonly items: bigint
  readonly helping: bigint
  readonly hurting: bigint
  readonly value: bigint
  readonly account_pay: bigint
}

async function periodInsights(
  warehouse: Database,
  model: string,
  { token, epoch, paid }: { readonly token: Address; readonly epoch: number; readonly paid: bigint },
  top: number,
): Promise<PeriodInsights> {
  const period = { epoch, model, token }
  const rows = await warehouse.all<ValueRow>(datasetValues, period)
  const total = await warehouse.one<{ helped: bigint | null }>(
    `SELECT sum(value)::HUGEINT AS helped FROM item_value
     WHERE epoch = $epoch AND model = $model AND token = $token AND value > 0`,
    period,
  )
  const helped = Number(total?.helped ?? 0n)
  const hurting = await warehouse.all(hurtingItems, { ...period, top })
  return {
    token,
    epoch,
    paid,
    hurtingItems: rows.reduce((sum, row) => sum + Number(row.hurting), 0),
    hurting: hurting.map((row) => ({
      account: row.account as Address,
      dataset: row.dataset as string,
      batchId: row.batch_id as string,
      index: row.item_index as number,
      contentHash: toHex(fromBlob(row.content_hash)) as Hash32,
      value: part(row.value as bigint, helped),
    })),
    datasets: valuesOf(rows, helped, paid),
  }
}

/** Most valuable first. */
function valuesOf(rows: readonly ValueRow[], helped: number, paid: bigint): DatasetValue[] {
  const ofAccount = new Map<Address, ValueRow[]>()
  for (const row of rows) ofAccount.set(row.account, [...(ofAccount.get(row.account) ?? []), row])
  const net = rows.reduce((sum, { value }) => sum + (value > 0n ? value : 0n), 0n)
  return [...ofAccount.values()]
    .flatMap((own) => {
      const amounts = apportion(
        own[0]!.account_pay,
        own.map(({ value }) => (value > 0n ? value : 0n)),
      )
      return own.map(({ dataset, account, items, helping, hurting, value }, index): DatasetValue => {
        const share = Number(amounts[index]!) / Number(paid)
        return {
          dataset,
          account,
          items: Number(items),
          helping: Number(helping),
          hurting: Number(hurting),
          value: part(value, helped),
          paid: amounts[index]!,
          valuePerPaid: share === 0 ? null : part(value, Number(net)) / share,
        }
      })
    })
    .sort((a, b) => b.value - a.value)
}

function part(value: bigint, whole: number): number {
  return whole === 0 ? 0 : Number(value) / whole
}
