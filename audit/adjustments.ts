import { apportion } from './apportion.ts'
import { compareText } from './order.ts'
import type { SettlementLine } from './pools.ts'
import type { Reserve } from './reserves.ts'
import type { State } from './state.ts'
import { addTo, sumOf } from './sums.ts'

/** What adjustments carry from epoch to epoch; changed in place by {@link settleAdjustments}. */
export interface AdjustmentBooks {
  /** By {@link owedKey}: above 0 what the account is owed, below what it owes; none of 0. */
  readonly owed: Map<string, bigint>
  /** By token. */
  readonly recoveries: Map<string, bigint>
  /** Ascending by (epoch, model, token). */
  readonly reserves: Reserve[]
}

/** One amount of public/adjustments.parquet. */
export interface LineDelta {
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly delta: bigint
}

/** What an adjustment found of a line of an epoch, and what of it disputes took before. */
export interface WeighedDelta extends LineDelta {
  readonly epoch: number
  readonly forfeited: bigint
}

/** What of a delta is to be owed: not what disputes took before. */
export function owedDelta(found: WeighedDelta): LineDelta {
  return { ...found, delta: found.delta + found.forfeited }
}

export interface SettledAdjustments {
  readonly lines: readonly SettlementLine[]
  /** By account ‖ token. */
  readonly netted: ReadonlyMap<string, bigint>
}

type Earned = Pick<SettlementLine, 'account' | 'token' | 'amount'> & { readonly kind: string }

const ADDRESS_CHARACTERS = 42

/** Sorts as (account, token, model) do, since addresses have one length. */
function owedKey(account: string, token: string, model: string): string {
  return account + token + model
}

function splitKey(key: string): { account: string; token: string; model: string } {
  return {
    account: key.slice(0, ADDRESS_CHARACTERS),
    token: key.slice(ADDRESS_CHARACTERS, 2 * ADDRESS_CHARACTERS),
    model: key.slice(2 * ADDRESS_CHARACTERS),
  }
}

/**
 * docs/formats.md#adjustments: what was found in this epoch is added to what is owed, debts are netted, and claims are paid out of
 * recoveries, reserves and the treasury's lines, in this order.
 *
 * @param earned lines of the epoch, of every kind but `adjustment`
 */
export function settleAdjustments(
  books: AdjustmentBooks,
  found: readonly LineDelta[],
  earned: readonly Earned[],
): SettledAdjustments {
  for (const { account, token, kind, asset, delta } of found)
    addTo(books.owed, owedKey(account, token, kind === 'data' || kind === 'refund' ? asset : ''), delta)
  const netted = new Map<string, bigint>()
  if (books.owed.size === 0) return { lines: [], netted }
  cancel(books.owed)
  netDebts(books, earned, netted)
  const paid = new Map<string, bigint>()
  payTokens(books, paid)
  payModels(books, paid)
  payByTreasury(books, earned, netted, paid)
  const lines = [...paid].map(([key, amount]) => {
    const { account, token, model } = splitKey(key)
    return { account, token, kind: 'adjustment' as const, asset: model, amount }
  })
  return { lines, netted }
}

/** Of one account and token claims and debts cancel, each in the order of the models, until only one of the two is left. */
function cancel(owed: Map<string, bigint>): void {
  const keys = [...owed.keys()].sort(compareText)
  for (let first = 0; first < keys.length; ) {
    const whose = keys[first]!.slice(0, 2 * ADDRESS_CHARACTERS)
    let after = first
    while (keys[after]?.startsWith(whose)) after++
    const own = keys.slice(first, after)
    const claims = own.filter((key) => owed.get(key)! > 0n)
    const debts = own.filter((key) => owed.get(key)! < 0n)
    while (claims.length > 0 && debts.length > 0) {
      const [claim, debt] = [claims[0]!, debts[0]!]
      const sum = owed.get(claim)! + owed.get(debt)!
      owed.set(claim, sum > 0n ? sum : 0n)
      owed.set(debt, sum < 0n ? sum : 0n)
      if (sum <= 0n) claims.shift()
      if (sum >= 0n) debts.shift()
    }
    first = after
  }
  for (const [key, amount] of owed) if (amount === 0n) owed.delete(key)
}

function netDebts({ owed, recoveries }: AdjustmentBooks, earned: readonly Earned[], netted: Map<string, bigint>): void {
  const earnings = new Map<string, bigint>()
  for (const { account, token, amount } of earned) addTo(earnings, account + token, amount)
  for (const key of [...owed.keys()].sort(compareText)) {
    const debt = -owed.get(key)!
    const { account, token } = splitKey(key)
    const left = (earnings.get(account + token) ?? 0n) - (netted.get(account + token) ?? 0n)
    const part = debt < left ? debt : left
    if (part <= 0n) continue
    reduce(owed, key, -part)
    addTo(netted, account + token, part)
    addTo(recoveries, token, part)
  }
}

/** Divides what is there over claims, in proportion; never more than they are. @returns what was paid */
function divide(
  owed: Map<string, bigint>,
  claims: readonly string[],
  there: bigint,
  paid: Map<string, bigint>,
): bigint {
  const amounts = claims.map((key) => owed.get(key)!)
  const all = sumOf(amounts)
  const given = there < all ? there : all
  for (const [index, part] of apportion(given, amounts).entries()) {
    if (part === 0n) continue
    reduce(owed, claims[index]!, part)
    addTo(paid, claims[index]!, part)
  }
  return given
}

function reduce(owed: Map<string, bigint>, key: string, by: bigint): void {
  const left = owed.get(key)! - by
  if (left === 0n) owed.delete(key)
  else owed.set(key, left)
}

/** Ascending by (account, token, model). */
function claimsOf(owed: ReadonlyMap<string, bigint>, isWanted: (claim: { token: string; model: string }) => boolean) {
  return [...owed]
    .filter(([key, amount]) => amount > 0n && isWanted(splitKey(key)))
    .map(([key]) => key)
    .sort(compareText)
}

function payTokens({ owed, recoveries }: AdjustmentBooks, paid: Map<string, bigint>): void {
  for (const [token, there] of recoveries) {
    const claims = claimsOf(owed, (claim) => claim.token === token)
    recoveries.set(token, there - divide(owed, claims, there, paid))
  }
}

function payModels({ owed, reserves }: AdjustmentBooks, paid: Map<string, bigint>): void {
  const pools = new Set(reserves.map(({ model, token }) => token + model))
  for (const pool of pools) {
    const claims = claimsOf(owed, ({ token, model }) => token + model === pool)
    if (claims.length === 0) continue
    const there = reserves.filter(({ model, token }) => token + model === pool)
    let taken = divide(owed, claims, sumOf(there.map(({ amount }) => amount)), paid)
    for (const [index, reserve] of reserves.entries()) {
      if (reserve.token + reserve.model !== pool || taken === 0n) continue
      const part = taken < reserve.amount ? taken : reserve.amount
      taken -= part
      reserves[index] = { ...reserve, amount: reserve.amount - part }
    }
  }
  const left = reserves.splice(0).filter(({ amount }) => amount > 0n)
  reserves.push(...left)
}

/** One line of the treasury a token: a policy names one treasury, and is the only one in force. */
function payByTreasury(
  { owed }: AdjustmentBooks,
  earned: readonly Earned[],
  netted: Map<string, bigint>,
  paid: Map<string, bigint>,
): void {
  for (const line of earned) {
    if (line.kind !== 'treasury') continue
    const { account, token } = line
    const claims = claimsOf(owed, (claim) => claim.token === token)
    if (claims.length === 0) continue
    const earnings = earned.filter((each) => each.account === account && each.token === token)
    const left = sumOf(earnings.map(({ amount }) => amount)) - (netted.get(account + token) ?? 0n)
    const given = divide(owed, claims, left < line.amount ? left : line.amount, paid)
    if (given > 0n) addTo(netted, account + token, given)
  }
}

/** As state.json has it. */
export function owedOf(owed: ReadonlyMap<string, bigint>): State['owed'] {
  return [...owed]
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, amount]) => ({ ...splitKey(key), amount: amount.toString() }))
}

export function recoveriesOf(recoveries: ReadonlyMap<string, bigint>): State['recoveries'] {
  return [...recoveries]
    .filter(([, amount]) => amount > 0n)
    .sort(([a], [b]) => compareText(a, b))
    .map(([token, amount]) => ({ token, amount: amount.toString() }))
}

/** As a state has them. */
export function adjustmentBooksOf({ owed, recoveries, reserves }: State): AdjustmentBooks {
  return {
    owed: new Map(owed.map(({ account, token, model, amount }) => [owedKey(account, token, model), BigInt(amount)])),
    recoveries: new Map(recoveries.map(({ token, amount }) => [token, BigInt(amount)])),
    reserves: reserves.map((reserve) => ({ ...reserve, amount: BigInt(reserve.amount) })),
  }
}

/** By token: what is owed to accounts, and what they owe. */
export function claimsByToken(owed: ReadonlyMap<string, bigint>): {
  readonly owed: Map<string, bigint>
  readonly owing: Map<string, bigint>
} {
  const sums = { owed: new Map<string, bigint>(), owing: new Map<string, bigint>() }
  for (const [key, amount] of owed)
    if (amount > 0n) addTo(sums.owed, splitKey(key).token, amount)
    else addTo(sums.owing, splitKey(key).token, -amount)
  return sums
}
