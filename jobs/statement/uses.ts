import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'
import type { EpochRange } from './epochs.ts'

const accountUses = readSql(new URL('./account-uses.sql', import.meta.url))
const accountValued = readSql(new URL('./account-valued.sql', import.meta.url))

/** How something was used: as itself, as what a used model was made from, or as data whose influence on the uses was measured. */
export type UseRole = 'model' | 'agent' | 'infrastructure' | 'derived' | 'data'

/** Paid uses of something in an epoch. */
export interface AssetUses {
  readonly epoch: number
  /** For role `data` the model. */
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
  const all = [...owned, ...(await measuredOn(warehouse, values))]
  const nameOf = ({ asset, role, token }: AssetUses) => `${asset}\n${role}\n${token}`
  return all.sort((a, b) => a.epoch - b.epoch || (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** Uses of the periods that were paid in an epoch and in which the account has contributions. */
async function measuredOn(
  warehouse: Database,
  values: { readonly account: Address; readonly first: number; readonly last: number },
): Promise<AssetUses[]> {
  const uses: AssetUses[] = []
  const periods = new Map<number, SettlementDraft['periods']>()
  for (const row of await warehouse.all<{ epoch: number; model: string; token: string; items: number }>(
    accountValued,
    values,
  )) {
    const { epoch, model, token } = row
    const ofEpoch = periods.get(epoch) ?? (await periodsOf(warehouse, epoch))
    periods.set(epoch, ofEpoch)
    const period = ofEpoch.find((each) => each.model === model && each.token === token)
    if (period?.state === 'paid' && row.items > 0)
      uses.push({ epoch, asset: model, role: 'data', token, uses: period.events, fees: BigInt(period.fees) })
  }
  return uses
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
