import type { Address, Hex } from 'viem'
import { TransactionStoreError } from './errors.ts'
import type { BlockPlace, FinalEpoch, FinalityMemory, Halt } from './finality-memory.ts'

/** What is to be sent, before anything is signed. */
export interface IntendedTransaction {
  readonly state: 'intended'
  /** Name of the one thing this transaction does; at most one transaction ever lands for it. */
  readonly intent: string
  readonly chainId: number
  readonly from: Address
  /** Null: it creates a contract. */
  readonly to: Address | null
  readonly data: Hex
}

/** Bytes that were signed. Fees and gas are in them. */
export interface SignedVersion {
  readonly raw: Hex
  /** keccak256 of `raw`. */
  readonly hash: Hex
}

/** A transaction whose bytes exist; any version may have been broadcast, and any one of them may land. */
export interface SignedTransaction extends Omit<IntendedTransaction, 'state'> {
  readonly state: 'signed'
  readonly nonce: number
  /** Oldest first; each later one is the same call with the same nonce for higher fees. Never empty. */
  readonly versions: readonly SignedVersion[]
}

/** A transaction in a block that is final; `reverted` ones changed nothing. */
export interface SettledTransaction extends Omit<SignedTransaction, 'state'> {
  readonly state: 'confirmed' | 'reverted'
  /** Of the version that landed. */
  readonly hash: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hex
}

/** A transaction whose nonce another one, not ours, used in a final block: none of its versions can land any more. */
export interface OvertakenTransaction extends Omit<SignedTransaction, 'state'> {
  readonly state: 'overtaken'
}

/** Every transaction that has a nonce of its own. */
export type NumberedTransaction = SignedTransaction | SettledTransaction

export type StoredTransaction = IntendedTransaction | NumberedTransaction | OvertakenTransaction

/**
 * Where transactions are written down before they act, and what was taken as final. An implementation promises:
 * - when a write has resolved, it survives a crash of the process and of the machine (it is synced);
 * - a crash during a write leaves the old version or the new one, whole;
 * - every read sees every write that resolved before;
 * - a transaction replaces the one of the same intent, and {@link storingProblem} is undefined for it; else it is refused
 *   with `TransactionStoreError` and nothing is written.
 * One process at a time writes for an account: the store is no lock between processes.
 */
export interface TransactionStore extends FinalityMemory {
  load(intent: string): Promise<StoredTransaction | undefined>
  save(transaction: StoredTransaction): Promise<void>
  /** Transactions of the account with this nonce or a higher one, ascending by nonce; overtaken ones have none any more. */
  withNonceFrom(chainId: number, from: Address, nonce: number): Promise<readonly NumberedTransaction[]>
}

const RANK = { intended: 0, signed: 1, confirmed: 2, reverted: 2, overtaken: 2 } as const
const FIXED_ONCE_SIGNED = ['chainId', 'from', 'to', 'data', 'nonce'] as const

/**
 * Why `next` may not replace `before`, or undefined when it may:
 * - states only go on: intended → signed → confirmed, reverted or overtaken; the same state may be saved again;
 * - once it is signed, call and nonce stay, and versions are only added;
 * - two transactions of one chain and account never have the same nonce.
 *
 * @param sameNonce the transaction that has the nonce of `next` now, if there is one
 */
export function storingProblem(
  before: StoredTransaction | undefined,
  next: StoredTransaction,
  sameNonce: NumberedTransaction | undefined,
): string | undefined {
  if (before !== undefined && before.state !== next.state && RANK[next.state] <= RANK[before.state]) {
    return `it is ${before.state} and cannot become ${next.state}`
  }
  if (next.state === 'intended') return undefined
  if (next.versions.length === 0) return 'it has no signed bytes'
  if (before !== undefined && before.state !== 'intended') {
    const changed = FIXED_ONCE_SIGNED.find((field) => before[field] !== next[field])
    if (changed !== undefined) return `its ${changed} cannot change`
    if (before.versions.some(({ raw }, at) => next.versions[at]?.raw !== raw)) return 'its signed bytes cannot change'
  }
  if (next.state === 'overtaken' || sameNonce === undefined || sameNonce.intent === next.intent) return undefined
  return `its nonce ${next.nonce} belongs to ${sameNonce.intent}`
}

/** A store in memory, for tests: it survives nothing. */
export class MemoryTransactionStore implements TransactionStore {
  readonly #byIntent = new Map<string, StoredTransaction>()
  readonly #blocks = new Map<number, BlockPlace>()
  readonly #epochs = new Map<string, FinalEpoch>()
  readonly #halts = new Map<number, Halt>()

  async load(intent: string): Promise<StoredTransaction | undefined> {
    return this.#byIntent.get(intent)
  }

  async save(transaction: StoredTransaction): Promise<void> {
    const { intent } = transaction
    const detail = storingProblem(this.#byIntent.get(intent), transaction, this.#withNonceOf(transaction))
    if (detail !== undefined) throw new TransactionStoreError({ intent, detail })
    this.#byIntent.set(intent, { ...transaction })
  }

  async withNonceFrom(chainId: number, from: Address, nonce: number): Promise<readonly NumberedTransaction[]> {
    return this.#numbered()
      .filter((each) => each.chainId === chainId && sameAddress(each.from, from) && each.nonce >= nonce)
      .sort((a, b) => a.nonce - b.nonce)
  }

  async finalBlock(chainId: number): Promise<BlockPlace | undefined> {
    return this.#blocks.get(chainId)
  }

  async finalEpoch(chainId: number, distributor: Address): Promise<FinalEpoch | undefined> {
    return this.#epochs.get(placeOf(chainId, distributor))
  }

  async remember(chainId: number, { number, hash }: BlockPlace, epoch?: FinalEpoch): Promise<void> {
    this.#blocks.set(chainId, { number, hash })
    if (epoch !== undefined) this.#epochs.set(placeOf(chainId, epoch.distributor), epoch)
  }

  async haltOf(chainId: number): Promise<Halt | undefined> {
    return this.#halts.get(chainId)
  }

  async halt(halt: Halt): Promise<void> {
    if (!this.#halts.has(halt.chainId)) this.#halts.set(halt.chainId, halt)
  }

  async clearHalt(chainId: number): Promise<void> {
    this.#halts.delete(chainId)
    this.#blocks.delete(chainId)
    for (const place of this.#epochs.keys()) if (place.startsWith(`${chainId}/`)) this.#epochs.delete(place)
  }

  #numbered(): NumberedTransaction[] {
    return [...this.#byIntent.values()].filter((each) => each.state !== 'intended' && each.state !== 'overtaken')
  }

  #withNonceOf(next: StoredTransaction): NumberedTransaction | undefined {
    if (next.state === 'intended') return undefined
    return this.#numbered().find(
      (each) =>
        each.intent !== next.intent &&
        each.chainId === next.chainId &&
        sameAddress(each.from, next.from) &&
        each.nonce === next.nonce,
    )
  }
}

function placeOf(chainId: number, distributor: Address): string {
  return `${chainId}/${distributor.toLowerCase()}`
}

function sameAddress(one: Address, other: Address): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
