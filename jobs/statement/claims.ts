import type { Database } from '../../pipelines/warehouse/database.ts'
import type { Address } from '../../schemas/ids.ts'
import { type CarryState, loadState } from '../carry-state.ts'

/** What adjustments found of an account and nobody has paid yet. */
export interface Claim {
  readonly token: string
  /** Empty: of no model in particular. */
  readonly model: string
  /** Above 0: owed to the account; below: it owes, and pays out of what it earns. */
  readonly amount: bigint
}

/** As of the last settled epoch. */
export async function claimsOf(warehouse: Database, account: Address): Promise<Claim[]> {
  const { owed } = await lastState(warehouse)
  return owed
    .filter((each) => each.account === account)
    .map(({ token, model, amount }) => ({ token, model, amount: BigInt(amount) }))
}

/** Of one token what accounts are owed and what they owe, and what was recovered and is not paid on yet. */
export interface Liability {
  readonly token: string
  readonly owed: bigint
  readonly owing: bigint
  readonly recoveries: bigint
}

/** Of every token of which somebody is owed or owes something, as of the last settled epoch; ascending. */
export async function liabilities(warehouse: Database): Promise<Liability[]> {
  const { owed, recoveries } = await lastState(warehouse)
  const tokens = [...new Set([...owed, ...recoveries].map(({ token }) => token))].sort()
  return tokens.map((token) => {
    const amounts = owed.filter((each) => each.token === token).map(({ amount }) => BigInt(amount))
    const sum = (wanted: readonly bigint[]) => wanted.reduce((total, amount) => total + amount, 0n)
    return {
      token,
      owed: sum(amounts.filter((amount) => amount > 0n)),
      owing: -sum(amounts.filter((amount) => amount < 0n)),
      recoveries: BigInt(recoveries.find((each) => each.token === token)?.amount ?? 0),
    }
  })
}

async function lastState(warehouse: Database): Promise<CarryState> {
  const row = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  return loadState(warehouse, row?.epoch ?? 0)
}
