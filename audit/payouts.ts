import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { EpochBundle } from './bundle.ts'
import { TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { splitPair } from './funding.ts'
import { addTo } from './sums.ts'

/** By account ‖ token. */
type Sums = Map<string, bigint>

/** What accounts have of each token: paid out since the first epoch, and carried because it is too little. */
export interface Accounts {
  readonly cumulative: Sums
  readonly small: Sums
}

/** By account ‖ token: taken of what was earned for what the account owes, and of what could be paid then for disputes. */
export interface Taken {
  readonly netted: ReadonlyMap<string, bigint>
  readonly disputed: ReadonlyMap<string, bigint>
}

/** By token; a token that is not there has no minimum. */
export function minimumsOf(policy: EventBodies['PolicyPublished'] | undefined): Map<string, bigint> {
  return new Map(policy?.minimumPayouts.map(({ token, amount }) => [toHex(token), amount]))
}

/**
 * Rule 7 of settlement: what an account earned, less what is netted, and what was carried for it are paid together when they reach the minimum.
 *
 * @param accounts changed in place; afterwards `small` has an entry for each account that ever earned something
 * @returns        by token: what was paid out
 */
export function payAccounts(
  { cumulative, small }: Accounts,
  lines: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[],
  minimums: ReadonlyMap<string, bigint>,
  { netted, disputed }: Taken,
): Map<string, bigint> {
  const out = new Map<string, bigint>()
  for (const { account, token, amount } of lines) addTo(small, account + token, amount)
  for (const [key, amount] of [...netted, ...disputed]) addTo(small, key, -amount)
  for (const [key, due] of small) {
    const [, token] = splitPair(key)
    if (due === 0n || due < (minimums.get(token) ?? 0n)) continue
    addTo(cumulative, key, due)
    addTo(out, token, due)
    small.set(key, 0n)
  }
  return out
}

/** By token: what is carried for all accounts. */
export function smallByToken(small: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [key, amount] of small) if (amount > 0n) addTo(sums, splitPair(key)[1], amount)
  return sums
}

/**
 * Each account's row: what it had, what it earned, what was netted and what the manifest names as the minimum lead to what was paid and carried.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkPayouts(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  const minimums = new Map(
    bundle.manifest.conservation.map(({ token, minimumPayout }) => [token as string, BigInt(minimumPayout)]),
  )
  const before = new Map(previous?.accounts.map((row) => [row.account + row.token, row]))
  const isKnown = previous !== undefined || bundle.epoch === 1
  for (const [index, row] of bundle.accounts.entries()) {
    const where = (column: string) => `${TABLES.accounts} row ${index} (${row.account}, ${row.token}) ${column}`
    const known = before.get(row.account + row.token)
    if (isKnown) {
      assertSame('accounts', where('before'), known?.cumulative ?? '0', row.before)
      assertSame('accounts', where('small_before'), known?.small ?? '0', row.small_before)
    }
    const due = BigInt(row.small_before) + BigInt(row.earned) - BigInt(row.netted) - BigInt(row.disputed)
    if (due < 0n) differ('accounts', where('disputed'), 'at most what was earned and carried', row.disputed)
    const isSmall = due < (minimums.get(row.token) ?? 0n)
    const cumulative = BigInt(row.before) + (isSmall ? 0n : due)
    assertSame('accounts', where('small'), (isSmall ? due : 0n).toString(), row.small)
    assertSame('accounts', where('cumulative'), cumulative.toString(), row.cumulative)
  }
}
