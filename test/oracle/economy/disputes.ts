/**
 * Disputes as docs/formats.md tells them, in the plainest way there is: what happened in every epoch lies in one array, and what
 * came of it is found by going through all of it from the beginning, a dispute and an atom's place at a time. It shares no code with
 * what it is held against.
 */

interface NamedLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
}

export interface EpochFacts {
  /** Token → amount. */
  readonly minimums: Readonly<Record<string, bigint>>
  /** Of those who open disputes, and pay for nothing else. */
  readonly deposits: readonly { readonly payer: string; readonly token: string; readonly amount: bigint }[]
  /** All but those that disputes make. */
  readonly lines: readonly (Omit<NamedLine, 'epoch'> & { readonly amount: bigint })[]
  /** Accepted, in accept order. */
  readonly openings: readonly {
    readonly dispute: string
    readonly opener: string
    readonly line: NamedLine
    readonly bond: bigint
  }[]
  /** Accepted. Parts: of what is held, for the opener; undefined: rejected. */
  readonly decisions: readonly { readonly dispute: string; readonly parts: bigint | undefined }[]
}

type Status = 'open' | 'void' | 'unfunded' | 'upheld' | 'rejected' | 'lapsed'

interface Case {
  readonly dispute: string
  readonly opener: string
  readonly line: NamedLine
  readonly bond: bigint
  readonly opened: number
  held: bigint
  award: bigint
  status: Status
  ended: number
}

interface Account {
  cumulative: bigint
  small: bigint
  disputed: bigint
}

export interface Books {
  readonly cases: readonly Case[]
  /** account ‖ token → what it has. */
  readonly accounts: ReadonlyMap<string, Account>
  /** payer ‖ token → what is left of the deposits. */
  readonly balances: ReadonlyMap<string, bigint>
  /** Token → what awards left, in all epochs together. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

export class DisputesOracle {
  /** Epoch n stands at n − 1. */
  readonly epochs: EpochFacts[] = []
  readonly #wait: number

  /** @param wait epochs after its own in which a dispute can be decided */
  constructor(wait: number) {
    this.#wait = wait
  }

  /** How everything stands after the last epoch. */
  books(): Books {
    const replay = new Replay(this.#wait)
    for (const facts of this.epochs) replay.live(facts)
    return replay
  }
}

class Replay implements Books {
  readonly cases: Case[] = []
  readonly accounts = new Map<string, Account>()
  readonly balances = new Map<string, bigint>()
  readonly unattributed = new Map<string, bigint>()
  readonly #wait: number
  readonly #lines: (NamedLine & { amount: bigint })[] = []
  #epoch = 0

  constructor(wait: number) {
    this.#wait = wait
  }

  live(facts: EpochFacts): void {
    this.#epoch++
    for (const { payer, token, amount } of facts.deposits) add(this.balances, payer + token, amount)
    for (const opening of facts.openings) this.#open(opening)
    const before = this.#lines.length
    for (const line of facts.lines) this.#lines.push({ ...line, epoch: this.#epoch })
    for (const each of this.cases) if (each.status === 'open') this.#endIfDue(each, facts)
    this.#mergeLines(before)
    const available = new Map<string, bigint>()
    for (const [key, { small }] of this.accounts) add(available, key, small)
    for (const { account, token, amount } of this.#lines.slice(before)) add(available, account + token, amount)
    this.#hold(available)
    for (const [key, due] of available) this.#pay(key, due, facts.minimums)
  }

  #amountOf(line: NamedLine): bigint {
    return this.#lines.filter((each) => isSame(each, line)).reduce((sum, { amount }) => sum + amount, 0n)
  }

  /** By disputes that were upheld until the end of an epoch. */
  #lostOf(line: NamedLine, until: number): bigint {
    return this.cases
      .filter((each) => isSame(each.line, line) && each.status === 'upheld' && each.ended <= until)
      .reduce((sum, { held }) => sum + held, 0n)
  }

  #open({ dispute, opener, line, bond }: EpochFacts['openings'][number]): void {
    const none = { dispute, opener, line, bond, opened: this.#epoch, held: 0n, award: 0n, ended: this.#epoch }
    const amount = this.#amountOf(line)
    const isOwn = opener === line.account
    if (amount === 0n || (!isOwn && amount === this.#lostOf(line, this.#epoch - 1))) {
      this.cases.push({ ...none, status: 'void' })
      return
    }
    const balance = this.balances.get(opener + line.token) ?? 0n
    if (balance >= bond) add(this.balances, opener + line.token, -bond)
    this.cases.push({ ...none, status: balance >= bond ? 'open' : 'unfunded' })
  }

  #endIfDue(each: Case, { decisions }: EpochFacts): void {
    const decision = decisions.find(({ dispute }) => dispute === each.dispute)
    if (decision === undefined && this.#epoch < each.opened + this.#wait) return
    each.ended = this.#epoch
    const { token, asset, account } = each.line
    const pay = (to: string, kind: string, amount: bigint) =>
      this.#lines.push({ epoch: this.#epoch, account: to, token, kind, asset, amount })
    if (decision?.parts !== undefined) {
      each.status = 'upheld'
      each.award = (each.held * decision.parts - ((each.held * decision.parts) % 1_000_000n)) / 1_000_000n
      pay(each.opener, 'award', each.award)
      add(this.unattributed, token, each.held - each.award)
      add(this.balances, each.opener + token, each.bond)
      return
    }
    each.status = decision === undefined ? 'lapsed' : 'rejected'
    pay(account, 'released', each.held)
    if (each.status === 'rejected') pay(account, 'bond', each.bond)
    else add(this.balances, each.opener + token, each.bond)
  }

  /** One line for each name, none of 0. */
  #mergeLines(from: number): void {
    const merged: (NamedLine & { amount: bigint })[] = []
    for (const line of this.#lines.splice(from)) {
      const same = merged.find((each) => isSame(each, line))
      if (same !== undefined) same.amount += line.amount
      else if (line.amount > 0n) merged.push({ ...line })
    }
    this.#lines.push(...merged)
  }

  #hold(available: Map<string, bigint>): void {
    for (const account of this.accounts.values()) account.disputed = 0n
    for (const each of this.cases) {
      if (each.status !== 'open' || each.opener === each.line.account) continue
      const key = each.line.account + each.line.token
      const held = this.cases
        .filter(({ status, line }) => status === 'open' && isSame(line, each.line))
        .reduce((sum, other) => sum + other.held, 0n)
      let room = this.#amountOf(each.line) - this.#lostOf(each.line, this.#epoch) - held
      const there = available.get(key) ?? 0n
      if (room > there) room = there
      if (room <= 0n) continue
      each.held += room
      available.set(key, there - room)
      this.#account(key).disputed += room
    }
  }

  #pay(key: string, due: bigint, minimums: EpochFacts['minimums']): void {
    const account = this.#account(key)
    const isPaid = due >= (minimums[key.slice(key.length / 2)] ?? 0n)
    if (isPaid) account.cumulative += due
    account.small = isPaid ? 0n : due
  }

  #account(key: string): Account {
    const account = this.accounts.get(key) ?? { cumulative: 0n, small: 0n, disputed: 0n }
    this.accounts.set(key, account)
    return account
  }
}

function isSame(a: NamedLine, b: NamedLine): boolean {
  return (['epoch', 'account', 'token', 'kind', 'asset'] as const).every((name) => a[name] === b[name])
}

function add(sums: Map<string, bigint>, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
