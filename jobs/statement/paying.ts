import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { CarryState } from '../carry-state.ts'

const paidUses = readSql(new URL('./paid-uses.sql', import.meta.url))
const balanceMovements = readSql(new URL('./balance-movements.sql', import.meta.url))

/**
 * Why a balance grew or fell:
 * - `deposit`; `fee` of uses; `outside`: fees taken and held, because no licence covered the uses;
 * - `released`: such fees by a later licence, which are then a `fee`; `unlicensed`: given back, because there was none in time;
 *   `corrected`: given back, because who reported the use took it back;
 * - `share-bought`, `licence-bought`; `bond-put-up` for a dispute, and `bond-returned`.
 */
const MOVEMENT_KINDS = [
  ...(['deposit', 'unlicensed', 'corrected', 'bond-returned', 'released'] as const),
  ...(['fee', 'outside', 'share-bought', 'licence-bought', 'bond-put-up'] as const),
] as const
type MovementKind = (typeof MOVEMENT_KINDS)[number]

/** By what a deposited balance grew, or fell (below 0). */
export interface BalanceMovement {
  readonly epoch: number
  readonly token: string
  readonly kind: MovementKind
  /** The model that was used, what was bought, or that of the disputed line; empty: of none. */
  readonly asset: string
  readonly amount: bigint
}

/** What an account has to do with paying, as of the last settled epoch; amounts in the token's smallest unit. */
export interface Paying {
  /** Deposited and not taken yet. */
  readonly balances: readonly { readonly token: string; readonly amount: bigint }[]
  /** How they came about, epoch by epoch: Σ amount of a token = its balance. */
  readonly movements: readonly BalanceMovement[]
  /** What it signed for: a new voucher goes on from `cumulative` and `sequence`. */
  readonly channels: readonly {
    readonly model: string
    readonly token: string
    readonly cumulative: bigint
    readonly sequence: bigint
    readonly spent: bigint
  }[]
  /** Fees of uses outside their licences that are held, with the last epoch in which a licence releases them. */
  readonly held: readonly {
    readonly epoch: number
    readonly model: string
    readonly token: string
    readonly fees: bigint
    readonly until: number
  }[]
  /** Fees of its uses, by what became of them. */
  readonly uses: readonly {
    readonly model: string
    readonly token: string
    readonly uses: number
    readonly funded: bigint
    /** Taken and held: no licence covers the uses. */
    readonly outside: bigint
    /** Was held, and is on the balance again. */
    readonly refunded: bigint
    readonly unfunded: bigint
    readonly reported: bigint
  }[]
}

/** What the account deposited, signed for and paid; undefined when it never did. */
export async function payingOf(warehouse: Database, account: Address): Promise<Paying | undefined> {
  const row = await warehouse.one<{ state_json: string }>(
    'SELECT state_json FROM epoch WHERE settlement_json IS NOT NULL ORDER BY epoch DESC LIMIT 1',
  )
  if (row === undefined) return undefined
  const state = JSON.parse(row.state_json) as CarryState
  const balances = state.balances
    .filter(({ payer }) => payer === account)
    .map(({ token, amount }) => ({ token, amount: BigInt(amount) }))
  const channels = state.channels
    .filter(({ payer }) => payer === account)
    .map(({ model, token, cumulative, sequence, spent }) => ({
      ...{ model, token, cumulative: BigInt(cumulative) },
      ...{ sequence: BigInt(sequence), spent: BigInt(spent) },
    }))
  const held = state.outside
    .filter(({ payer }) => payer === account)
    .map(({ epoch, model, token, fees, until }) => ({ epoch, model, token, fees: BigInt(fees), until }))
  const rows = await warehouse.all<Omit<Paying['uses'][number], 'uses'> & { uses: bigint }>(paidUses, { account })
  const uses = rows.map((each) => ({ ...each, uses: Number(each.uses) }))
  const movements = (await warehouse.all<BalanceMovement>(balanceMovements, { account })).sort(byEpochAndKind)
  if (balances.length + channels.length + uses.length + movements.length === 0) return undefined
  return { balances, movements, channels, held, uses }
}

/** Within an epoch what came in before what went out; else as it was. */
function byEpochAndKind(a: BalanceMovement, b: BalanceMovement): number {
  return a.epoch - b.epoch || MOVEMENT_KINDS.indexOf(a.kind) - MOVEMENT_KINDS.indexOf(b.kind)
}
