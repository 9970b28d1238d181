import type { Address, Hex } from 'viem'
import type { EpochState } from '../../anchor/chain/distributor.ts'
import { TransactionStoreError } from '../../anchor/chain/errors.ts'
import type { BlockPlace, FinalEpoch, Halt } from '../../anchor/chain/finality-memory.ts'
import {
  type NumberedTransaction,
  type SignedVersion,
  type StoredTransaction,
  storingProblem,
  type TransactionStore,
} from '../../anchor/chain/transaction-store.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const TRANSACTIONS = readSql(new URL('./chain-transactions.sql', import.meta.url))
/** No intent: names are never empty. */
const NO_INTENT = ''
const NO_NONCES = { chain_id: 0, sender: '', nonce: 0 }

/** {@link TransactionStore} in the warehouse. Every write is a transaction of its own, durable when it resolves. */
export class WarehouseTransactionStore implements TransactionStore {
  readonly #warehouse: Database

  constructor(warehouse: Database) {
    this.#warehouse = warehouse
  }

  async load(intent: string): Promise<StoredTransaction | undefined> {
    return (await this.#read({ intent, ...NO_NONCES }))[0]
  }

  async save(transaction: StoredTransaction): Promise<void> {
    await this.#warehouse.transaction(async () => {
      await this.#check(transaction)
      await this.#write(transaction)
    })
  }

  async withNonceFrom(chainId: number, from: Address, nonce: number): Promise<readonly NumberedTransaction[]> {
    const found = await this.#read({ intent: NO_INTENT, chain_id: chainId, sender: from, nonce })
    return found.filter((each) => each.state !== 'intended' && each.state !== 'overtaken')
  }

  async finalBlock(chainId: number): Promise<BlockPlace | undefined> {
    return this.#warehouse.one<{ number: bigint; hash: Hex }>(
      'SELECT block_number AS number, block_hash AS hash FROM chain_final_block WHERE chain_id = $chainId',
      { chainId },
    )
  }

  async finalEpoch(chainId: number, distributor: Address): Promise<FinalEpoch | undefined> {
    const row = await this.#warehouse.one<Omit<FinalEpoch, 'attempt'> & { attempt: bigint; state: EpochState }>(
      `SELECT distributor, epoch, attempt, state, record_hash AS "recordHash"
       FROM chain_final_epoch WHERE chain_id = $chainId AND distributor = lower($distributor)`,
      { chainId, distributor },
    )
    return row === undefined ? undefined : { ...row, attempt: Number(row.attempt) }
  }

  async remember(chainId: number, { number, hash }: BlockPlace, epoch?: FinalEpoch): Promise<void> {
    await this.#warehouse.transaction(async () => {
      await this.#warehouse.run('DELETE FROM chain_final_block WHERE chain_id = $chainId', { chainId })
      await this.#warehouse.run('INSERT INTO chain_final_block VALUES ($chainId, $number, $hash)', {
        chainId,
        number,
        hash,
      })
      if (epoch === undefined) return
      const { distributor, attempt, state, recordHash } = epoch
      await this.#warehouse.run(
        'DELETE FROM chain_final_epoch WHERE chain_id = $chainId AND distributor = lower($distributor)',
        {
          chainId,
          distributor,
        },
      )
      await this.#warehouse.run(
        'INSERT INTO chain_final_epoch VALUES ($chainId, lower($distributor), $epoch, $attempt, $state, $recordHash)',
        { chainId, distributor, epoch: epoch.epoch, attempt, state, recordHash },
      )
    })
  }

  async haltOf(chainId: number): Promise<Halt | undefined> {
    const row = await this.#warehouse.one<Omit<Halt, 'chainId'>>(
      'SELECT what, remembered, found FROM chain_halt WHERE chain_id = $chainId',
      { chainId },
    )
    return row === undefined ? undefined : { chainId, ...row }
  }

  async halt({ chainId, what, remembered, found }: Halt): Promise<void> {
    await this.#warehouse.transaction(async () => {
      if ((await this.haltOf(chainId)) !== undefined) return
      const values = { chainId, what, remembered, found }
      await this.#warehouse.run('INSERT INTO chain_halt VALUES ($chainId, $what, $remembered, $found)', values)
    })
  }

  async clearHalt(chainId: number): Promise<void> {
    await this.#warehouse.transaction(async () => {
      for (const table of ['chain_halt', 'chain_final_block', 'chain_final_epoch'])
        await this.#warehouse.run(`DELETE FROM ${table} WHERE chain_id = $chainId`, { chainId })
    })
  }

  async #read(wanted: {
    intent: string
    chain_id: number
    sender: string
    nonce: number
  }): Promise<StoredTransaction[]> {
    const rows = await this.#warehouse.all<TransactionRow>(TRANSACTIONS, wanted)
    const versions = new Map<string, SignedVersion[]>()
    for (const { intent, version_hash: hash, raw } of rows) {
      const known = versions.get(intent) ?? []
      if (hash !== null && raw !== null) known.push({ hash, raw })
      versions.set(intent, known)
    }
    const first = rows.filter(({ version }) => version === null || version === 1)
    return first.map((row) => transactionOf(row, versions.get(row.intent) ?? []))
  }

  async #check(next: StoredTransaction): Promise<void> {
    const { intent } = next
    const sameNonce =
      next.state === 'intended'
        ? undefined
        : (await this.withNonceFrom(next.chainId, next.from, next.nonce)).find(
            (each) => each.nonce === next.nonce && each.intent !== intent,
          )
    const detail = storingProblem(await this.load(intent), next, sameNonce)
    if (detail !== undefined) throw new TransactionStoreError({ intent, detail })
  }

  async #write(transaction: StoredTransaction): Promise<void> {
    const { intent } = transaction
    await this.#warehouse.run('DELETE FROM chain_transaction WHERE intent = $intent', { intent })
    await this.#warehouse.run('DELETE FROM chain_version WHERE intent = $intent', { intent })
    await this.#warehouse.run(
      `INSERT INTO chain_transaction
       VALUES ($intent, $state, $chain_id, $sender, $recipient, $data, $nonce, $landed_hash, $block_number, $block_hash)`,
      rowOf(transaction),
    )
    if (transaction.state === 'intended') return
    for (const [at, { hash, raw }] of transaction.versions.entries()) {
      const version = at + 1
      await this.#warehouse.run('INSERT INTO chain_version VALUES ($intent, $version, $hash, $raw)', {
        intent,
        version,
        hash,
        raw,
      })
    }
  }
}

interface TransactionRow {
  readonly intent: string
  readonly state: StoredTransaction['state']
  readonly chain_id: bigint
  readonly sender: Address
  readonly recipient: Address | null
  readonly data: Hex
  readonly nonce: bigint | null
  readonly landed_hash: Hex | null
  readonly block_number: bigint | null
  readonly block_hash: Hex | null
  readonly version: number | null
  readonly version_hash: Hex | null
  readonly raw: Hex | null
}

function transactionOf(row: TransactionRow, versions: readonly SignedVersion[]): StoredTransaction {
  const { intent, state, sender: from, recipient: to, data } = row
  const call = { intent, chainId: Number(row.chain_id), from, to, data }
  if (state === 'intended') return { ...call, state }
  const numbered = { ...call, nonce: Number(row.nonce), versions }
  if (state === 'signed' || state === 'overtaken') return { ...numbered, state }
  const { landed_hash, block_number, block_hash } = row
  return { ...numbered, state, hash: landed_hash!, blockNumber: block_number!, blockHash: block_hash! }
}

function rowOf(transaction: StoredTransaction) {
  const { intent, state, chainId: chain_id, from: sender, to: recipient, data } = transaction
  const isSettled = state === 'confirmed' || state === 'reverted'
  return {
    intent,
    state,
    chain_id,
    sender,
    recipient,
    data,
    nonce: state === 'intended' ? null : transaction.nonce,
    landed_hash: isSettled ? transaction.hash : null,
    block_number: isSettled ? transaction.blockNumber : null,
    block_hash: isSettled ? transaction.blockHash : null,
  }
}
