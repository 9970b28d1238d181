/**
 * Disputes as docs/formats.md tells them: every line that was ever published and every dispute that was ever opened lie in one array
 * each, and every question goes through all of them. It shares no code with what it is held against.
 */

export interface NamedLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
}

export interface Opening {
  readonly dispute: string
  readonly opener: string
  readonly line: NamedLine
  readonly bond: bigint
}

/** Parts: of what is held, for the opener; undefined: rejected. */
export interface Decision {
  readonly dispute: string
  readonly parts: bigint | undefined
}

type Status = 'open' | 'void' | 'unfunded' | 'upheld' | 'rejected' | 'lapsed'

export interface Case extends Opening {
  readonly opened: number
  readonly until: number
  held: bigint
  award: bigint
  status: Status
  ended: number
}

/** What the end of disputes pays: to an account, in a line; or back to a payer's balance. */
interface Ends {
  readonly line: (account: string, token: string, kind: string, asset: string, amount: bigint) => void
  readonly unattributed: (token: string, amount: bigint) => void
}

/** What the adjustments of an epoch did to a line, all of them together. */
interface Lowered {
  readonly epoch: number
  readonly line: NamedLine
  readonly amount: bigint
}

/** By payer or account, and token. */
type Sums = Map<string, bigint>

export class Cases {
  readonly all: Case[] = []
  /** All that were ever published. */
  readonly lines: (NamedLine & { readonly amount: bigint })[] = []
  /** All that was ever made owed because of a line; what a line was raised by is not among them. */
  readonly #lowered: Lowered[] = []
  readonly #balances: Sums

  /** @param balances of whoever opens disputes; bonds are taken from it, and given back */
  constructor(balances: Sums) {
    this.#balances = balances
  }

  /** What was published under that name. */
  amountOf(line: NamedLine): bigint {
    return this.lines.filter((each) => isSame(each, line)).reduce((sum, { amount }) => sum + amount, 0n)
  }

  /** By disputes that were upheld until the end of an epoch. */
  lostOf(line: NamedLine, until: number): bigint {
    return this.all
      .filter((each) => isSame(each.line, line) && each.status === 'upheld' && each.ended <= until)
      .reduce((sum, { held }) => sum + held, 0n)
  }

  /** What is left of a line for others to dispute, by what happened until the end of an epoch. */
  leftOf(line: NamedLine, until: number): bigint {
    const lowered = this.#lowered
      .filter((each) => each.epoch <= until && isSame(each.line, line))
      .reduce((sum, { amount }) => sum + amount, 0n)
    const left = this.amountOf(line) - this.lostOf(line, until) - lowered
    return left > 0n ? left : 0n
  }

  open(opening: Opening, epoch: number, until: number): void {
    const { opener, line, bond } = opening
    const none = { ...opening, opened: epoch, until, held: 0n, award: 0n, ended: epoch }
    const amount = this.amountOf(line)
    const isOwn = opener === line.account
    if (amount === 0n || (!isOwn && this.leftOf(line, epoch - 1) === 0n)) {
      this.all.push({ ...none, status: 'void' })
      return
    }
    const purse = `${opener} ${line.token}`
    const balance = this.#balances.get(purse) ?? 0n
    if (balance >= bond) this.#balances.set(purse, balance - bond)
    this.all.push({ ...none, status: balance >= bond ? 'open' : 'unfunded' })
  }

  end(epoch: number, decisions: readonly Decision[], ends: Ends): void {
    for (const each of this.all) {
      const decision = decisions.find(({ dispute }) => dispute === each.dispute)
      if (each.status === 'open' && (decision !== undefined || epoch >= each.until)) {
        each.ended = epoch
        this.#end(each, decision, ends)
      }
    }
  }

  #end(each: Case, decision: Decision | undefined, ends: Ends): void {
    const { opener, held, bond } = each
    const { token, asset, account } = each.line
    if (decision?.parts !== undefined) {
      each.status = 'upheld'
      each.award = (held * decision.parts - ((held * decision.parts) % 1_000_000n)) / 1_000_000n
      ends.line(opener, token, 'award', asset, each.award)
      ends.unattributed(token, held - each.award)
      add(this.#balances, `${opener} ${token}`, bond)
      return
    }
    each.status = decision === undefined ? 'lapsed' : 'rejected'
    ends.line(account, token, 'released', asset, held)
    if (each.status === 'rejected') ends.line(account, token, 'bond', asset, bond)
    else add(this.#balances, `${opener} ${token}`, bond)
  }

  /** The account owes so much because of a line: it is not to be held, and what is held of it goes back, the newest dispute's first. */
  lower(epoch: number, line: NamedLine, amount: bigint, ends: Pick<Ends, 'line'>): void {
    this.#lowered.push({ epoch, line, amount })
    const left = this.leftOf(line, epoch)
    for (const each of [...this.all].reverse()) {
      if (each.status !== 'open' || !isSame(each.line, line)) continue
      const excess = this.#heldOf(line) - left
      const part = each.held < excess ? each.held : excess
      if (part <= 0n) continue
      each.held -= part
      ends.line(line.account, line.token, 'released', line.asset, part)
    }
  }

  #heldOf(line: NamedLine): bigint {
    return this.all
      .filter(({ status, line: own }) => status === 'open' && isSame(own, line))
      .reduce((sum, { held }) => sum + held, 0n)
  }

  /** @param available what each account could be paid; less by what is taken. @returns what is taken of each */
  hold(epoch: number, available: Sums): Sums {
    const taken: Sums = new Map()
    for (const each of this.all) {
      if (each.status !== 'open' || each.opener === each.line.account) continue
      const key = `${each.line.account} ${each.line.token}`
      let room = this.leftOf(each.line, epoch) - this.#heldOf(each.line)
      const there = available.get(key) ?? 0n
      if (room > there) room = there
      if (room <= 0n) continue
      each.held += room
      available.set(key, there - room)
      add(taken, key, room)
    }
    return taken
  }
}

function isSame(a: NamedLine, b: NamedLine): boolean {
  return (['epoch', 'account', 'token', 'kind', 'asset'] as const).every((name) => a[name] === b[name])
}

function add(sums: Sums, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
