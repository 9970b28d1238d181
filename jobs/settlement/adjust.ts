import type { OwedAmount, Reserve, TokenAmount } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import { apportion } from './apportion.ts'
import { addTo, type Line } from './lines.ts'

/** What an account is owed, above 0, or owes, below. */
interface Owed {
  readonly account: string
  readonly token: string
  /** Whose data was influential, or whose use was refunded; empty: of nobody's in particular. */
  readonly model: string
  amount: bigint
}

/** What an epoch's adjustments work on. */
export interface AdjustedBooks {
  /** As the epoch before left them. */
  readonly owed: readonly OwedAmount[]
  readonly recoveries: readonly TokenAmount[]
  /** With what this epoch held back, without what returned in it. */
  readonly reserves: readonly Reserve[]
}

export interface Adjusted {
  readonly books: AdjustedBooks
  /** account ‖ token → taken of what it earned. */
  readonly netted: ReadonlyMap<string, bigint>
  /** Of kind `adjustment`. */
  readonly lines: readonly Line[]
}

/** What accounts got too little, or too much, by adjustments that were accepted in the epoch. */
export type Delta = Pick<Owed, 'account' | 'token' | 'model'> & { readonly amount: bigint }

/**
 * Sets right what past epochs paid too much or too little (docs/formats.md#adjustments): who owes pays out of what it earns, who is
 * owed is paid out of that, then out of what was held back of the same model, then by the treasury; what is left stays owed.
 *
 * @param earned lines of the epoch, of all kinds but `adjustment`
 */
export function adjust(before: AdjustedBooks, deltas: readonly Delta[], earned: readonly Line[]): Adjusted {
  if (before.owed.length === 0 && deltas.length === 0) return { books: before, netted: new Map(), lines: [] }
  const owed = offset([...before.owed.map((each) => ({ ...each, amount: BigInt(each.amount) })), ...deltas])
  const recoveries = new Map(before.recoveries.map(({ token, amount }) => [token, BigInt(amount)]))
  const netted = net(owed, earned, recoveries)
  const paid = new Payments()
  const creditors = owed.filter(({ amount }) => amount > 0n)
  for (const token of new Set(creditors.map((each) => each.token))) {
    const own = creditors.filter((each) => each.token === token)
    const left = recoveries.get(token) ?? 0n
    recoveries.set(token, left - paid.pay(own, left))
  }
  const reserves = payFromReserves(before.reserves, creditors, paid)
  payFromTreasury(earned, creditors, netted, paid)
  return {
    books: { owed: toOwed(owed), recoveries: toAmounts(recoveries), reserves },
    netted,
    lines: paid.lines,
  }
}

/** What an account is owed and what it owes of a token cancel each other, so that one of the two is left; ascending by (account, token, model). */
function offset(entries: readonly Delta[]): Owed[] {
  const sums = new Map<string, Owed>()
  for (const { account, token, model, amount } of entries) {
    const key = JSON.stringify([account, token, model])
    const sum = sums.get(key) ?? { account, token, model, amount: 0n }
    sums.set(key, sum)
    sum.amount += amount
  }
  const sorted = [...sums.values()].sort(compareOwed)
  const accounts = new Map<string, Owed[]>()
  for (const each of sorted) {
    const own = accounts.get(each.account + each.token) ?? []
    accounts.set(each.account + each.token, own)
    own.push(each)
  }
  for (const own of accounts.values()) {
    const sign = own.reduce((sum, { amount }) => sum + amount, 0n) > 0n ? 1n : -1n
    // What goes the other way is given up, and what goes this way gives as much, the first models first.
    let given = 0n
    for (const each of own.filter(({ amount }) => amount * sign < 0n)) {
      given -= each.amount * sign
      each.amount = 0n
    }
    for (const each of own) {
      const part = given < each.amount * sign ? given : each.amount * sign
      each.amount -= part * sign
      given -= part
    }
  }
  return sorted.filter(({ amount }) => amount !== 0n)
}

/** Who owes pays of what it earned, the first models first. */
function net(owed: readonly Owed[], earned: readonly Line[], recoveries: Map<string, bigint>): Map<string, bigint> {
  const left = new Map<string, bigint>()
  for (const { account, token, amount } of earned) addTo(left, account + token, amount)
  const netted = new Map<string, bigint>()
  for (const each of owed) {
    const key = each.account + each.token
    const has = left.get(key) ?? 0n
    if (each.amount >= 0n || has === 0n) continue
    const part = has < -each.amount ? has : -each.amount
    each.amount += part
    left.set(key, has - part)
    addTo(netted, key, part)
    addTo(recoveries, each.token, part)
  }
  return netted
}

/** Lines of what is paid, one a (account, token, model). */
class Payments {
  readonly #lines = new Map<string, Line>()

  /** Divides at most `pot` over what is owed. @returns what of it was paid */
  pay(creditors: readonly Owed[], pot: bigint): bigint {
    const owed = creditors.reduce((sum, { amount }) => sum + amount, 0n)
    const paid = pot < owed ? pot : owed
    const parts = apportion(
      paid,
      creditors.map(({ amount }) => amount),
    )
    for (const [index, creditor] of creditors.entries()) {
      creditor.amount -= parts[index]!
      this.#add(creditor, parts[index]!)
    }
    return paid
  }

  get lines(): Line[] {
    return [...this.#lines.values()]
  }

  #add({ account, token, model }: Owed, amount: bigint): void {
    if (amount === 0n) return
    const key = JSON.stringify([account, token, model])
    const before = this.#lines.get(key)?.amount ?? 0n
    this.#lines.set(key, { account, token, kind: 'adjustment', asset: model, amount: before + amount })
  }
}

/** What was held back of a model's contributors pays what is owed of that model; the oldest first. */
function payFromReserves(reserves: readonly Reserve[], creditors: readonly Owed[], paid: Payments): Reserve[] {
  const left = reserves.map((reserve) => ({ ...reserve, amount: BigInt(reserve.amount) }))
  const pools = new Map(left.map(({ model, token }) => [JSON.stringify([model, token]), { model, token }]))
  for (const { model, token } of pools.values()) {
    const isOfPool = (each: { readonly model: string; readonly token: string }) =>
      each.model === model && each.token === token
    const own = left.filter(isOfPool)
    const pot = own.reduce((sum, { amount }) => sum + amount, 0n)
    let taken = paid.pay(creditors.filter(isOfPool), pot)
    for (const reserve of own) {
      const part = taken < reserve.amount ? taken : reserve.amount
      reserve.amount -= part
      taken -= part
    }
  }
  return left.filter(({ amount }) => amount > 0n).map((reserve) => ({ ...reserve, amount: reserve.amount.toString() }))
}

/** At last the treasury gives of what it earned of fees in the epoch, and what it owed itself comes first. */
function payFromTreasury(
  earned: readonly Line[],
  creditors: readonly Owed[],
  netted: Map<string, bigint>,
  paid: Payments,
): void {
  for (const { account, token, amount } of earned.filter(({ kind }) => kind === 'treasury')) {
    const key = account + token
    const all = earned
      .filter((line) => line.account === account && line.token === token)
      .reduce((sum, line) => sum + line.amount, 0n)
    const has = all - (netted.get(key) ?? 0n)
    const pot = has < amount ? has : amount
    const own = creditors.filter((each) => each.token === token)
    const given = paid.pay(own, pot)
    if (given > 0n) addTo(netted, key, given)
  }
}

type OwedKey = Pick<Owed, 'account' | 'token' | 'model'>

function compareOwed(a: OwedKey, b: OwedKey): number {
  return compareText(a.account, b.account) || compareText(a.token, b.token) || compareText(a.model, b.model)
}

function toOwed(owed: readonly Owed[]): OwedAmount[] {
  return owed
    .filter(({ amount }) => amount !== 0n)
    .map(({ account, token, model, amount }) => ({ account, amount: amount.toString(), model, token }))
}

function toAmounts(sums: ReadonlyMap<string, bigint>): TokenAmount[] {
  return [...sums]
    .filter(([, amount]) => amount > 0n)
    .map(([token, amount]) => ({ amount: amount.toString(), token }))
    .sort((a, b) => compareText(a.token, b.token))
}
