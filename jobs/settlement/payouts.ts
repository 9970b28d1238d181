import { BLOB, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import { buildLineTree } from '../../anchor/lines/line-tree.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { NettedTooMuchError } from './errors.ts'
import { addTo, type Line, lineBytes } from './lines.ts'

/** What an account has of a token after an epoch. Earned is what its lines say; paid is what its cumulative amount grows by. */
export interface Payout {
  readonly account: string
  readonly token: string
  readonly before: bigint
  /** Earned in earlier epochs and too little to be paid then. */
  readonly smallBefore: bigint
  readonly earned: bigint
  /** Taken of it for what the account owes. */
  readonly netted: bigint
  /** Taken for disputes of its lines. */
  readonly disputed: bigint
  readonly cumulative: bigint
  /** Still too little: carried on. */
  readonly small: bigint
  readonly lines: readonly Line[]
}

/** Before anything is paid, by account ‖ token: of what is earned in the epoch, and of what could be paid then. */
export interface Taken {
  readonly netted: ReadonlyMap<string, bigint>
  readonly disputed: ReadonlyMap<string, bigint>
}

const NOTHING_TAKEN: Taken = { netted: new Map(), disputed: new Map() }

/** An account after the epoch before. */
export type AccountBefore = Pick<Payout, 'account' | 'token' | 'cumulative' | 'small'>

/**
 * Pays out what every account has earned, and carries what is below the minimum of its token (docs/formats.md#settlement rule 7):
 * what an account earned in the epoch and what was carried before, less what is disputed, are paid together or carried together.
 *
 * @param lines    of the epoch, sorted
 * @param minimums of the policy in force, by token
 * @returns        every account that ever earned something, those known before first
 */
export function payOut(
  before: readonly AccountBefore[],
  lines: readonly Line[],
  minimums: ReadonlyMap<string, bigint>,
  { netted, disputed }: Taken = NOTHING_TAKEN,
): Payout[] {
  const known = new Map<string, AccountBefore & { readonly lines: Line[] }>()
  for (const row of before) known.set(`${row.account}/${row.token}`, { ...row, lines: [] })
  for (const line of lines) {
    const { account, token } = line
    const key = `${account}/${token}`
    const row = known.get(key) ?? { account, token, cumulative: 0n, small: 0n, lines: [] }
    known.set(key, row)
    row.lines.push(line)
  }
  return [...known.values()].map(({ account, token, cumulative, small, lines: own }) => {
    const earned = own.reduce((sum, { amount }) => sum + amount, 0n)
    const less = { netted: netted.get(account + token) ?? 0n, disputed: disputed.get(account + token) ?? 0n }
    if (less.netted > earned) throw new NettedTooMuchError({ account, token, earned, netted: less.netted })
    const due = small + earned - less.netted - less.disputed
    const isSmall = due < (minimums.get(token) ?? 0n)
    return {
      ...{ account, token, before: cumulative, smallBefore: small, earned, ...less, lines: own },
      cumulative: isSmall ? cumulative : cumulative + due,
      small: isSmall ? due : 0n,
    }
  })
}

/** What each account could be paid: carried before, and earned in the epoch, less what is netted; by account ‖ token. */
export function dueBefore(
  before: readonly AccountBefore[],
  lines: readonly Line[],
  netted: ReadonlyMap<string, bigint>,
): Map<string, bigint> {
  const due = new Map<string, bigint>()
  for (const { account, token, small } of before) addTo(due, account + token, small)
  for (const { account, token, amount } of lines) addTo(due, account + token, amount)
  for (const [key, amount] of netted) addTo(due, key, -amount)
  return due
}

/** Accounts as an epoch left them. */
export function loadPayouts(warehouse: Database, epoch: number): Promise<AccountBefore[]> {
  return warehouse.all('SELECT account, token, cumulative, small FROM account_total WHERE epoch = $epoch', { epoch })
}

export async function writePayouts(warehouse: Database, epoch: number, payouts: readonly Payout[]): Promise<void> {
  const rows = payouts.map((payout): DuckDBValue[] => {
    const tree = buildLineTree(payout.lines.map((line) => lineBytes(line, epoch)))
    return [
      ...[epoch, payout.account, payout.token, payout.before, payout.earned, payout.cumulative],
      ...[toBlob(tree.root), tree.size, payout.smallBefore, payout.small, payout.netted, payout.disputed],
    ]
  })
  const types = [
    ...[INTEGER, VARCHAR, VARCHAR, HUGEINT, HUGEINT, HUGEINT, BLOB],
    ...[INTEGER, HUGEINT, HUGEINT, HUGEINT, HUGEINT],
  ]
  await warehouse.append('account_total', types, rows)
}
