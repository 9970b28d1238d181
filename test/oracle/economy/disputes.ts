import { type Case, Cases, type Decision, type NamedLine, type Opening } from './cases.ts'

/**
 * Ledgers in which nothing but disputes is of interest: who earned what is given, and what came of disputes is found by going through
 * everything from the first epoch on, whenever it is asked.
 */

export interface EpochFacts {
  /** Token → amount. */
  readonly minimums: Readonly<Record<string, bigint>>
  /** Of those who open disputes, and pay for nothing else. */
  readonly deposits: readonly { readonly payer: string; readonly token: string; readonly amount: bigint }[]
  /** All but those that disputes make. */
  readonly lines: readonly (Omit<NamedLine, 'epoch'> & { readonly amount: bigint })[]
  /** Accepted, in accept order. */
  readonly openings: readonly Opening[]
  /** Accepted. */
  readonly decisions: readonly Decision[]
}

interface Account {
  cumulative: bigint
  small: bigint
  disputed: bigint
}

export interface Books {
  readonly cases: readonly Case[]
  /** `account token` → what it has. */
  readonly accounts: ReadonlyMap<string, Account>
  /** `payer token` → what is left of the deposits. */
  readonly balances: ReadonlyMap<string, bigint>
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
  readonly accounts = new Map<string, Account>()
  readonly balances = new Map<string, bigint>()
  readonly #disputes = new Cases(this.balances)
  readonly #wait: number
  #epoch = 0

  constructor(wait: number) {
    this.#wait = wait
  }

  get cases(): readonly Case[] {
    return this.#disputes.all
  }

  live({ deposits, openings, decisions, lines, minimums }: EpochFacts): void {
    const epoch = ++this.#epoch
    for (const { payer, token, amount } of deposits) add(this.balances, `${payer} ${token}`, amount)
    for (const opening of openings) this.#disputes.open(opening, epoch, epoch + this.#wait)
    const own = lines.map((line) => ({ ...line, epoch }))
    const line = (account: string, token: string, kind: string, asset: string, amount: bigint) =>
      own.push({ epoch, account, token, kind, asset, amount })
    this.#disputes.end(epoch, decisions, { line, unattributed: () => {} })
    this.#disputes.lines.push(...own.filter(({ amount }) => amount > 0n))
    const available = new Map<string, bigint>()
    for (const [key, { small }] of this.accounts) add(available, key, small)
    for (const { account, token, amount } of own) if (amount > 0n) add(available, `${account} ${token}`, amount)
    const taken = this.#disputes.hold(epoch, available)
    for (const [key, due] of available) this.#pay(key, due, taken.get(key) ?? 0n, minimums)
  }

  #pay(key: string, due: bigint, disputed: bigint, minimums: EpochFacts['minimums']): void {
    const { cumulative } = this.accounts.get(key) ?? { cumulative: 0n }
    const isPaid = due >= (minimums[key.split(' ')[1]!] ?? 0n)
    this.accounts.set(key, { cumulative: isPaid ? cumulative + due : cumulative, small: isPaid ? 0n : due, disputed })
  }
}

function add(sums: Map<string, bigint>, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
