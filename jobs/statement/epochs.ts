import { leafHash } from '../../anchor/log/leaf-hash.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import { type LineKind, lineBytes } from '../settlement/lines.ts'
import { DEDUCTIONS, type Deduction, type PayoutRow, payoutRows } from './payout-rows.ts'

const accountPayouts = readSql(new URL('./account-payouts.sql', import.meta.url))
const accountLines = readSql(new URL('./account-lines.sql', import.meta.url))

/** Settled epochs, both ends included. */
export interface EpochRange {
  readonly from: number
  readonly to: number
}

/** As DuckDB's INTEGER holds them. */
export const ALL_EPOCHS: EpochRange = { from: 1, to: 2 ** 31 - 1 }

export interface StatementLine {
  readonly kind: LineKind
  readonly asset: string
  readonly token: string
  readonly amount: bigint
  /** Its place among the account's lines of the epoch and token, and its leaf in their tree: what a receipt proves. */
  readonly index: number
  readonly leaf: Hash32
  /** Of the contributors' pool, with its 90 % interval, fractions; for lines of kind data. */
  readonly share: { readonly low: number; readonly value: number; readonly high: number } | null
  /** Held back beside `amount`, for corrections; it returns to the contributors' pool. 0 unless the line is of kind data. */
  readonly heldBack: bigint
}

/** What became of all that an account earned of a token: smallBefore + earned = Σ deducted + paid + small. */
export interface StatementPayout {
  readonly token: string
  readonly earned: bigint
  /** Carried from the epochs before, because it was less than the minimum. */
  readonly smallBefore: bigint
  /** Those above 0. */
  readonly deducted: readonly { readonly deduction: Deduction; readonly amount: bigint }[]
  readonly paid: bigint
  /** Carried on, because it is less than the minimum. */
  readonly small: bigint
  /** Of the policy in force in the epoch; 0: none. */
  readonly minimum: bigint
  /** Paid since the first epoch, up to this one. */
  readonly cumulative: bigint
  /** The same row by row, lines included: Σ amount = paid. */
  readonly rows: readonly PayoutRow[]
}

export interface StatementEpoch {
  readonly epoch: number
  readonly state: string
  readonly lines: readonly StatementLine[]
  /** One for each token of which something was earned, paid or carried. */
  readonly payouts: readonly StatementPayout[]
}

/** What an account earned epoch by epoch, and what became of it. */
export async function statementEpochs(
  warehouse: Database,
  account: Address,
  { from, to }: EpochRange = ALL_EPOCHS,
): Promise<StatementEpoch[]> {
  const values = { account, first: from, last: to }
  const epochs = new Map<number, { state: string; lines: StatementLine[]; payouts: Omit<StatementPayout, 'rows'>[] }>()
  for (const row of await warehouse.all(accountPayouts, values)) {
    const epoch = epochs.get(row.epoch as number) ?? { state: row.state as string, lines: [], payouts: [] }
    epochs.set(row.epoch as number, epoch)
    epoch.payouts.push(payoutOf(row))
  }
  for (const row of await warehouse.all(accountLines, values)) {
    const { lines } = epochs.get(row.epoch as number)!
    const index = lines.filter(({ token }) => token === row.token).length
    lines.push(lineOf(row, account, index))
  }
  return [...epochs].map(([epoch, { state, lines, payouts }]) => {
    const withRows = payouts.map((payout) => {
      const own = lines.filter(({ token }) => token === payout.token)
      return { ...payout, rows: payoutRows(payout, own) }
    })
    return { epoch, state, lines, payouts: withRows }
  })
}

function payoutOf(row: Row): Omit<StatementPayout, 'rows'> {
  return {
    token: row.token as string,
    earned: row.earned as bigint,
    smallBefore: row.small_before as bigint,
    deducted: DEDUCTIONS.map((deduction) => ({
      deduction,
      // A rule of settlement that a warehouse does not know takes nothing.
      amount: (row[deduction] ?? 0n) as bigint,
    })).filter(({ amount }) => amount > 0n),
    paid: row.paid as bigint,
    small: row.small as bigint,
    minimum: row.minimum as bigint,
    cumulative: row.cumulative as bigint,
  }
}

/** Rows come in the order of the account's line tree. */
function lineOf(row: Row, account: Address, index: number): StatementLine {
  const { epoch, ...line } = {
    account,
    epoch: row.epoch as number,
    kind: row.kind as LineKind,
    asset: row.asset as string,
    token: row.token as string,
    amount: row.amount as bigint,
  }
  const { kind, asset, token, amount } = line
  return {
    ...{ kind, asset, token, amount, index },
    leaf: toHex(leafHash(lineBytes(line, epoch))) as Hash32,
    share:
      row.share === null
        ? null
        : { low: row.share_low as number, value: row.share as number, high: row.share_high as number },
    heldBack: row.held_back as bigint,
  }
}
