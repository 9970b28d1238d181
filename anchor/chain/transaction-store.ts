import type { Address, Hex } from 'viem'
import { TransactionStoreError } from './errors.ts'

/** What is to be sent, before anything is signed. */
export interface IntendedTransaction {
  readonly state: 'intended'
  /** Name of the one thing this transaction does; at most one transaction is ever sent for it. */
  readonly intent: string
  readonly chainId: number
  readonly from: Address
  /** Null: it creates a contract. */
  readonly to: Address | null
  readonly data: Hex
}

/** A transaction whose bytes exist; it may have been broadcast. */
export interface SignedTransaction extends Omit<IntendedTransaction, 'state'> {
  readonly state: 'signed'
  readonly nonce: number
  /** The signed bytes, the only ones that are ever broadcast for the intent. */
  readonly raw: Hex
  /** keccak256 of `raw`. */
  readonly hash: Hex
}

/** A transaction in a block that is final; `reverted` ones changed nothing. */
export interface SettledTransaction extends Omit<SignedTransaction, 'state'> {
  readonly state: 'confirmed' | 'reverted'
  readonly blockNumber: bigint
  readonly blockHash: Hex
}

export type StoredTransaction = IntendedTransaction | SignedTransaction | SettledTransaction

/**
 * Where transactions are written down before they act. An implementation promises:
 * - when `save` has resolved, the transaction survives a crash of the process and of the machine (it is synced);
 * - a crash during `save` leaves the old version or the new one, whole;
 * - `load` and `withNonceFrom` see every `save` that resolved before;
 * - a transaction replaces the one of the same intent. States only go on: intended → signed → confirmed or reverted; the
 *   same state may be saved again. Once it is signed, everything but state and block stays what it was;
 * - two signed or settled transactions of one chain and account never have the same nonce.
 * What would break the last two is refused with {@link TransactionStoreError}, and nothing is written.
 * One process at a time writes for an account: the store is no lock between processes.
 */
export interface TransactionStore {
  load(intent: string): Promise<StoredTransaction | undefined>
  save(transaction: StoredTransaction): Promise<void>
  /** Signed and settled transactions of the account with this nonce or a higher one, ascending by nonce. */
  withNonceFrom(
    chainId: number,
    from: Address,
    nonce: number,
  ): Promise<readonly (SignedTransaction | SettledTransaction)[]>
}

const RANK = { intended: 0, signed: 1, confirmed: 2, reverted: 2 } as const
const CHANGING = new Set(['state', 'blockNumber', 'blockHash'])

/** A store in memory, for tests: it survives nothing. */
export class MemoryTransactionStore implements TransactionStore {
  readonly #byIntent = new Map<string, StoredTransaction>()

  async load(intent: string): Promise<StoredTransaction | undefined> {
    return this.#byIntent.get(intent)
  }

  async save(transaction: StoredTransaction): Promise<void> {
    const problem = this.#problem(transaction)
    if (problem !== undefined) throw new TransactionStoreError({ intent: transaction.intent, detail: problem })
    this.#byIntent.set(transaction.intent, { ...transaction })
  }

  async withNonceFrom(
    chainId: number,
    from: Address,
    nonce: number,
  ): Promise<readonly (SignedTransaction | SettledTransaction)[]> {
    return [...this.#byIntent.values()]
      .filter((each) => each.state !== 'intended')
      .filter((each) => each.chainId === chainId && sameAddress(each.from, from) && each.nonce >= nonce)
      .sort((a, b) => a.nonce - b.nonce)
  }

  #problem(next: StoredTransaction): string | undefined {
    const before = this.#byIntent.get(next.intent)
    if (before !== undefined) {
      const goesOn = next.state === before.state || RANK[next.state] > RANK[before.state]
      if (!goesOn) return `it is ${before.state} and cannot become ${next.state}`
      const after = new Map<string, unknown>(Object.entries(next))
      const changed = Object.entries(before).find(([key, was]) => !CHANGING.has(key) && after.get(key) !== was)
      if (before.state !== 'intended' && changed !== undefined) return `its ${changed[0]} cannot change`
    }
    if (next.state === 'intended') return undefined
    const other = [...this.#byIntent.values()].find(
      (each) =>
        each.intent !== next.intent &&
        each.state !== 'intended' &&
        each.chainId === next.chainId &&
        sameAddress(each.from, next.from) &&
        each.nonce === next.nonce,
    )
    return other === undefined ? undefined : `its nonce ${next.nonce} belongs to ${other.intent}`
  }
}

function sameAddress(one: Address, other: Address): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
