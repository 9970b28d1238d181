import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import type { LineKind } from '../settlement/lines.ts'

const accountPayouts = readSql(new URL('./account-payouts.sql', import.meta.url))
const accountLines = readSql(new URL('./account-lines.sql', import.meta.url))

export interface StatementLine {
  readonly kind: LineKind
  readonly asset: string
  readonly token: string
  readonly amount: bigint
  /** Of the contributors' pool, with its 90 % interval, fractions; for lines of kind data. */
  readonly share: { readonly low: number; readonly value: number; readonly high: number } | null
  /** Held back beside `amount`, for corrections; it returns to the contributors' pool. 0 unless the line is of kind data. */
  readonly heldBack: bigint
}

/** What became of all that an account earned of a token: earned + smallBefore = netted + paid + small. */
export interface StatementPayout {
  readonly token: string
  readonly earned: bigint
  /** Taken for what adjustments found the account was paid too much. */
  readonly netted: bigint
  /** Carried from the epochs before, because it was less than the minimum. */
  readonly smallBefore: bigint
  readonly paid: bigint
  /** Carried on, because it is less than the minimum. */
  readonly small: bigint
  /** Of the policy in force in the epoch; 0: none. */
  readonly minimum: bigint
}

export interface StatementEpoch {
  readonly epoch: number
  readonly state: string
  readonly lines: readonly StatementLine[]
  /** One for each token of which something was earned, paid or carried. */
  readonly payouts: readonly StatementPayout[]
}

/** What an account earned epoch by epoch, and what became of it. */
export async function statementEpochs(warehouse: Database, account: Address): Promise<StatementEpoch[]> {
  const epochs = new Map<number, { state: string; lines: StatementLine[]; payouts: StatementPayout[] }>()
  for (const row of await warehouse.all(accountPayouts, { account })) {
    const epoch = epochs.get(row.epoch as number) ?? { state: row.state as string, lines: [], payouts: [] }
    epochs.set(row.epoch as number, epoch)
    epoch.payouts.push({
      token: row.token as string,
      earned: row.earned as bigint,
      netted: row.netted as bigint,
      smallBefore: row.small_before as bigint,
      paid: row.paid as bigint,
      small: row.small as bigint,
      minimum: row.minimum as bigint,
    })
  }
  for (const row of await warehouse.all(accountLines, { account }))
    epochs.get(row.epoch as number)!.lines.push({
      kind: row.kind as LineKind,
      asset: row.asset as string,
      token: row.token as string,
      amount: row.amount as bigint,
      share:
        row.share === null
          ? null
          : { low: row.share_low as number, value: row.share as number, high: row.share_high as number },
      heldBack: row.held_back as bigint,
    })
  return [...epochs].map(([epoch, told]) => ({ epoch, ...told }))
}
