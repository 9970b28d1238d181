import { custom, http, type Transport } from 'viem'
import type { TransactionStore } from '../../anchor/chain/transaction-store.ts'

/** What a process that dies throws at every request from then on. */
export class Died extends Error {}

/** Counts everything a process asks of its store and its node, and dies at one of them. */
export class Mortal {
  readonly operations: string[] = []
  readonly #diesAt: number | string
  readonly #when: 'before' | 'after'
  #dead = false

  /** @param diesAt number (from 1) or name of an operation: it is lost (`before`), or done and its answer lost (`after`) */
  constructor(diesAt: number | string = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'before') {
    this.#diesAt = diesAt
    this.#when = when
  }

  store(inner: TransactionStore): TransactionStore {
    return {
      load: (intent) => this.live('load', () => inner.load(intent)),
      save: (transaction) => this.live(`save ${transaction.state}`, () => inner.save(transaction)),
      withNonceFrom: (...args) => this.live('withNonceFrom', () => inner.withNonceFrom(...args)),
      finalBlock: (chainId) => this.live('finalBlock', () => inner.finalBlock(chainId)),
      finalEpoch: (...args) => this.live('finalEpoch', () => inner.finalEpoch(...args)),
      remember: (...args) => this.live('remember', () => inner.remember(...args)),
      haltOf: (chainId) => this.live('haltOf', () => inner.haltOf(chainId)),
      halt: (halt) => this.live('halt', () => inner.halt(halt)),
      clearHalt: (chainId) => this.live('clearHalt', () => inner.clearHalt(chainId)),
    }
  }

  transport(to: string | Transport): Transport {
    const node = (typeof to === 'string' ? http(to) : to)({ retryCount: 0 })
    const request = ({ method, params }: { method: string; params?: unknown }) =>
      this.live(method, () => node.request({ method, params }))
    return custom({ request }, { retryCount: 0 })
  }

  /** Does an operation of any kind, unless the process is dead or dies of it. */
  async live<Answer>(name: string, operation: () => Promise<Answer>): Promise<Answer> {
    if (this.#dead) throw new Died(name)
    const number = this.operations.push(name)
    const dies = this.#diesAt === number || this.#diesAt === name
    if (dies && this.#when === 'before') this.#die(name)
    const answer = await operation()
    if (dies) this.#die(name)
    return answer
  }

  #die(name: string): never {
    this.#dead = true
    throw new Died(name)
  }
}
