import { TransactionStoreError } from '../../anchor/chain/errors.ts'
import type {
  SettledTransaction,
  SignedTransaction,
  StoredTransaction,
  TransactionStore,
} from '../../anchor/chain/transaction-store.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'

const RANK = { intended: 0, signed: 1, confirmed: 2, reverted: 2 } as const

/** {@link TransactionStore} in the warehouse. Every save is a transaction of its own, durable when it resolves. */
export class WarehouseTransactionStore implements TransactionStore {
  readonly #warehouse: Database

  constructor(warehouse: Database) {
    this.#warehouse = warehouse
  }

  async load(intent: string): Promise<StoredTransaction | undefined> {
    const row = await this.#warehouse.one<{ document: string }>(
      'SELECT document FROM chain_transaction WHERE intent = $intent',
      { intent },
    )
    return row === undefined ? undefined : decode(row.document)
  }

  async save(transaction: StoredTransaction): Promise<void> {
    await this.#warehouse.transaction(async () => {
      await this.#check(transaction)
      const { intent } = transaction
      await this.#warehouse.run('DELETE FROM chain_transaction WHERE intent = $intent', { intent })
      await this.#warehouse.run('INSERT INTO chain_transaction VALUES ($intent, $document)', {
        intent,
        document: encode(transaction),
      })
    })
  }

  async withNonceFrom(
    chainId: number,
    from: string,
    nonce: number,
  ): Promise<readonly (SignedTransaction | SettledTransaction)[]> {
    const rows = await this.#warehouse.all<{ document: string }>('SELECT document FROM chain_transaction')
    return rows
      .map((row) => decode(row.document))
      .filter((each) => each.state !== 'intended')
      .filter(
        (each) => each.chainId === chainId && each.from.toLowerCase() === from.toLowerCase() && each.nonce >= nonce,
      )
      .sort((a, b) => a.nonce - b.nonce)
  }

  async #check(next: StoredTransaction): Promise<void> {
    const { intent } = next
    const before = await this.load(intent)
    if (before !== undefined && before.state !== next.state && RANK[next.state] <= RANK[before.state]) {
      throw new TransactionStoreError({ intent, detail: `it is ${before.state} and cannot become ${next.state}` })
    }
    if (next.state === 'intended') return
    if (
      before !== undefined &&
      before.state !== 'intended' &&
      (before.raw !== next.raw || before.nonce !== next.nonce)
    ) {
      throw new TransactionStoreError({ intent, detail: 'its signed bytes cannot change' })
    }
    const sameNonce = (await this.withNonceFrom(next.chainId, next.from, next.nonce)).find(
      (each) => each.nonce === next.nonce && each.intent !== intent,
    )
    if (sameNonce !== undefined) {
      throw new TransactionStoreError({ intent, detail: `its nonce ${next.nonce} belongs to ${sameNonce.intent}` })
    }
  }
}

const BIGINT_FIELDS = new Set(['blockNumber'])

function encode(transaction: StoredTransaction): string {
  return JSON.stringify(transaction, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

function decode(document: string): StoredTransaction {
  return JSON.parse(document, (name, value: unknown) =>
    BIGINT_FIELDS.has(name) ? BigInt(value as string) : value,
  ) as StoredTransaction
}
