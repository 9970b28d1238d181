import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import { type CarryState, loadState, movedOf } from '../carry-state.ts'

const openOutside = readSql(new URL('./open-outside.sql', import.meta.url))
const accountModels = readSql(new URL('./account-models.sql', import.meta.url))
const agentPayers = readSql(new URL('./agent-payers.sql', import.meta.url))

/**
 * Why a sum is held:
 * - `small`: owed to the account, and less than the minimum payout;
 * - `reserve`: held back of what contributors of a model earned, for corrections;
 * - `period`: contributors' pool of a model whose uses say too little so far, or what such a pool carried over;
 * - `waiting`: contributors' part of fees whose uses have no features yet;
 * - `outcome`: for agents, until whoever paid has rated their work;
 * - `outside`: fees of uses that no licence covers.
 */
export type HeldBucket = 'small' | 'reserve' | 'period' | 'waiting' | 'outcome' | 'outside'

/** A sum that is held at the end of an epoch, and of which some may come to an account. */
export interface HeldSum {
  readonly bucket: HeldBucket
  /** The model, or the agent. Null: of `small`. */
  readonly asset: string | null
  readonly token: string
  /** Since when; null where it was gathered over several epochs. */
  readonly since: number | null
  /** The last epoch of it; null: none is set. */
  readonly until: number | null
  /** The whole sum, for everybody whom it may come to. */
  readonly amount: bigint
  /** What of it is the account's; null: nobody knows before it is divided. */
  readonly yours: bigint | null
  /** What of it was held back of the account's own share; null but for `reserve`. It returns to all contributors. */
  readonly ofYours: bigint | null
}

type Unknown = Omit<HeldSum, 'yours' | 'ofYours'>

/**
 * What is held at the end of an epoch and may come to an account. Only what is small is the account's for sure.
 *
 * @param epoch a settled one; 0: nothing is held
 */
export async function heldFor(warehouse: Database, account: Address, epoch: number): Promise<HeldSum[]> {
  const state = await loadState(warehouse, epoch)
  const models = new Set((await warehouse.all<{ model: string }>(accountModels, { account })).map(({ model }) => model))
  const sums = [
    ...(await smallOf(warehouse, account, epoch)),
    ...(await reservesOf(warehouse, account, state)),
    ...[...periodsOf(state, models), ...waitingOf(state, models)].map(withoutShare),
    ...(await outcomesOf(warehouse, account, state)).map(withoutShare),
    ...(await warehouse.all<OutsideRow>(openOutside, { account, epoch })).map(outsideSum).map(withoutShare),
  ]
  return sums.filter(({ amount }) => amount > 0n)
}

function withoutShare(sum: Unknown): HeldSum {
  return { ...sum, yours: null, ofYours: null }
}

async function smallOf(warehouse: Database, account: Address, epoch: number): Promise<HeldSum[]> {
  const rows = await warehouse.all<{ token: string; small: bigint }>(
    'SELECT token, small FROM account_total WHERE epoch = $epoch AND account = $account ORDER BY token',
    { epoch, account },
  )
  return rows.map(({ token, small }) => ({
    ...{ bucket: 'small', asset: null, token, since: null, until: null },
    ...{ amount: small, yours: small, ofYours: null },
  }))
}

/** Reserves of which a part was held back of the account's own share. */
async function reservesOf(warehouse: Database, account: Address, { reserves }: CarryState): Promise<HeldSum[]> {
  const rows = await warehouse.all<{ epoch: number; model: string; token: string; held_back: bigint }>(
    'SELECT epoch, model, token, held_back FROM score WHERE account = $account AND held_back > 0',
    { account },
  )
  const own = new Map(rows.map(({ epoch, model, token, held_back }) => [`${epoch}/${model}/${token}`, held_back]))
  return reserves.flatMap(({ amount, epoch, model, token, until }) => {
    const ofYours = own.get(`${epoch}/${model}/${token}`)
    if (ofYours === undefined) return []
    const of = { bucket: 'reserve' as const, asset: model, token, since: epoch, until }
    return [{ ...of, amount: BigInt(amount), yours: null, ofYours }]
  })
}

function periodsOf({ periods }: CarryState, models: ReadonlySet<string>): Unknown[] {
  return periods
    .filter(({ model }) => models.has(model))
    .map(({ model, token, pool, epochs }) => ({
      ...{ bucket: 'period' as const, asset: model, token },
      ...{ since: epochs[0] ?? null, until: null, amount: BigInt(pool) },
    }))
}

function waitingOf({ waiting }: CarryState, models: ReadonlySet<string>): Unknown[] {
  return waiting
    .filter(({ model }) => models.has(model))
    .map((each) => ({
      ...{ bucket: 'waiting' as const, asset: each.model, token: each.token },
      ...{ since: each.epoch, until: each.until, amount: BigInt(each.part) - movedOf(each) },
    }))
}

/** The pool of a payer goes to all agents that worked for that payer: it is told once for each that is the account's. */
async function outcomesOf(warehouse: Database, account: Address, { outcomes }: CarryState): Promise<Unknown[]> {
  if (outcomes.length === 0) return []
  const epochs = outcomes.map(({ epoch }) => epoch)
  const rows = await warehouse.all<{ epoch: number; payer: string; token: string; agent: string }>(agentPayers, {
    account,
    first: Math.min(...epochs),
    last: Math.max(...epochs),
  })
  return rows.flatMap(({ epoch, payer, token, agent }) =>
    outcomes
      .filter((pool) => pool.epoch === epoch && pool.payer === payer && pool.token === token)
      .map(({ part, until }) => ({
        ...{ bucket: 'outcome' as const, asset: agent, token, since: epoch, until, amount: BigInt(part) },
      })),
  )
}

interface OutsideRow {
  readonly epoch: number
  readonly asset: string
  readonly token: string
  readonly until: number
  readonly amount: bigint
}

function outsideSum({ epoch, asset, token, until, amount }: OutsideRow): Unknown {
  return { bucket: 'outside', asset, token, since: epoch, until, amount }
}
