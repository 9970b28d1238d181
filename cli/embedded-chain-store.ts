import type { Address } from 'viem'
import type { BlockPlace, FinalEpoch, Halt } from '../anchor/chain/finality-memory.ts'
import type { LocalChain } from '../anchor/chain/local-chain.ts'
import type { NumberedTransaction, StoredTransaction, TransactionStore } from '../anchor/chain/transaction-store.ts'

/**
 * A store for transactions to the embedded chain, which is only as durable as its file. One counts as settled when the file
 * has it: whoever stops `tally` with everything it started (Ctrl-C, a container that stops) would else leave a ledger that
 * remembers transactions which its chain has forgotten. Killed before the file is written, the same bytes are sent again.
 */
export class EmbeddedChainStore implements TransactionStore {
  readonly #store: TransactionStore
  readonly #chain: Pick<LocalChain, 'saveState'>

  constructor(store: TransactionStore, chain: Pick<LocalChain, 'saveState'>) {
    this.#store = store
    this.#chain = chain
  }

  load(intent: string): Promise<StoredTransaction | undefined> {
    return this.#store.load(intent)
  }

  async save(transaction: StoredTransaction): Promise<void> {
    if (transaction.state === 'confirmed' || transaction.state === 'reverted') await this.#chain.saveState()
    await this.#store.save(transaction)
  }

  withNonceFrom(chainId: number, from: Address, nonce: number): Promise<readonly NumberedTransaction[]> {
    return this.#store.withNonceFrom(chainId, from, nonce)
  }

  finalBlock(chainId: number): Promise<BlockPlace | undefined> {
    return this.#store.finalBlock(chainId)
  }

  finalEpoch(chainId: number, distributor: Address): Promise<FinalEpoch | undefined> {
    return this.#store.finalEpoch(chainId, distributor)
  }

  remember(chainId: number, block: BlockPlace, epoch?: FinalEpoch): Promise<void> {
    return this.#store.remember(chainId, block, epoch)
  }

  haltOf(chainId: number): Promise<Halt | undefined> {
    return this.#store.haltOf(chainId)
  }

  halt(halt: Halt): Promise<void> {
    return this.#store.halt(halt)
  }

  clearHalt(chainId: number): Promise<void> {
    return this.#store.clearHalt(chainId)
  }
}
