import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'
import type { EpochRange } from './epochs.ts'

const accountUses = readSql(new URL('./account-uses.sql', import.meta.url))
const accountRetrieved = readSql(new URL('./account-retrieved.sql', import.meta.url))
const valuedDatasets = readSql(new URL('./valued-datasets.sql', import.meta.url))
const accountValued = readSql(new URL('./account-valued.sql', import.meta.url))

/**
 * How something was used: as itself, as what a used model was made from, or as data whose influence on the uses was measured: an
 * account's own contributions (`data`), or anybody's to a dataset of which it owns a share (`dataset`); or its contributions were retrieved
 * for the uses (`retrieved`).
 */
export type UseRole = 'model' | 'agent' | 'infrastructure' | 'derived' | 'data' | 'dataset' | 'retrieved'

/** Paid uses of something in an epoch. */
export interface AssetUses {
  readonly epoch: number
  /** For roles `data` and `retrieved` the model. */
  readonly asset: string
  readonly role: UseRole
  readonly token: string
  readonly uses: number
  /** All that was paid for these uses, by whoever and to whomever; smallest unit of the token. */
  readonly fees: bigint
}

/**
 * How often what an account owns was used, and how many uses its contributions were measured on.
 *
 * @returns ascending by epoch, then by asset, role and token
 */
export async function usesOf(warehouse: Database, account: Address, range: EpochRange): Promise<AssetUses[]> {
  const values = { account, first: range.from, last: range.to }
  const rows = await warehouse.all<Omit<AssetUses, 'uses'> & { uses: bigint }>(accountUses, values)
  const owned = rows.map((row) => ({ ...row, uses: Number(row.uses) }))
  const retrieved = await warehouse.all<Omit<AssetUses, 'uses' | 'role'> & { uses: bigint }>(accountRetrieved, values)
  const periods = new PaidPeriods(warehouse)
  const all = [
    ...owned,
    ...retrieved.map((row) => ({ ...row, role: 'retrieved' as const, uses: Number(row.uses) })),
    ...(await measuredOn(warehouse, periods, values)),
    ...(await ofDatasets(warehouse, periods, values)),
  ]
  const nameOf = ({ asset, role, token }: AssetUses) => `${asset}\n${role}\n${token}`
  return all.sort((a, b) => a.epoch - b.epoch || (nameOf(a) < nameOf(b) ? -1 : 1))
}

interface Asked {
  readonly account: Address
  readonly first: number
  readonly last: number
}

interface Valued {
  readonly epoch: number
  readonly model: string
  readonly token: string
}

/** Uses of the periods that were paid in an epoch and in which the account has contributions. */
async function measuredOn(warehouse: Database, periods: PaidPeriods, asked: Asked): Promise<AssetUses[]> {
  const uses: AssetUses[] = []
  for (const { items, ...of } of await warehouse.all<Valued & { items: number }>(accountValued, { ...asked })) {
    const period = await periods.find(of)
    if (period !== undefined && items > 0)
      uses.push({ epoch: of.epoch, asset: of.model, role: 'data', token: of.token, ...period })
  }
  return uses
}

/** Of all models whose paid periods valued contributions to a dataset. */
async function ofDatasets(warehouse: Database, periods: PaidPeriods, asked: Asked): Promise<AssetUses[]> {
  const sums = new Map<string, AssetUses>()
  for (const { dataset, ...of } of await warehouse.all<Valued & { dataset: string }>(valuedDatasets, { ...asked })) {
    const { uses, fees } = (await periods.find(of))!
    const { epoch, token } = of
    const key = `${epoch}/${token}/${dataset}`
    const before = sums.get(key)
    sums.set(key, {
      ...{ epoch, asset: dataset, role: 'dataset', token },
      ...{ uses: (before?.uses ?? 0) + uses, fees: (before?.fees ?? 0n) + fees },
    })
  }
  return [...sums.values()]
}

/** What the paid periods of epochs were about; each epoch is read once. */
class PaidPeriods {
  readonly #warehouse: Database
  readonly #ofEpoch = new Map<number, SettlementDraft['periods']>()

  constructor(warehouse: Database) {
    this.#warehouse = warehouse
  }

  /** @returns undefined when the period was not paid then */
  async find({ epoch, model, token }: Valued): Promise<{ readonly uses: number; readonly fees: bigint } | undefined> {
    const periods = this.#ofEpoch.get(epoch) ?? (await periodsOf(this.#warehouse, epoch))
    this.#ofEpoch.set(epoch, periods)
    const period = periods.find((each) => each.model === model && each.token === token && each.state === 'paid')
    return period === undefined ? undefined : { uses: period.events, fees: BigInt(period.fees) }
  }
}

/** The periods of an epoch as its manifest tells them; none before it is settled. */
async function periodsOf(warehouse: Database, epoch: number): Promise<SettlementDraft['periods']> {
  const row = await warehouse.one<{ settlement_json: string | null }>(
    'SELECT settlement_json FROM epoch WHERE epoch = $epoch',
    { epoch },
  )
  if (row === undefined || row.settlement_json === null) return []
  return (JSON.parse(row.settlement_json) as SettlementDraft).periods
}
