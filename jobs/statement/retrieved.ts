import type { DuckDBValue } from '@duckdb/node-api'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import { shareRetrieved } from '../attribution/channels/share-retrieved.ts'
import type { DataChannel, Policy } from '../funding/policy.ts'
import { apportion } from '../settlement/apportion.ts'
import { splitData } from '../settlement/pools.ts'

const retrievedContributions = readSql(new URL('./retrieved-contributions.sql', import.meta.url))

/** A contribution that was retrieved for a use. */
export interface CitedItem {
  /** From 1. */
  readonly rank: number
  /** As whoever retrieved it said, 0..1,000,000. */
  readonly score: number
  /** Null: no batch of that name was accepted. */
  readonly batchSource: string | null
  readonly batchId: string | null
  readonly index: number
  readonly contentHash: string | null
  /** Who contributed it; null: nobody can be paid for it, since it is unknown, withdrawn or erased. */
  readonly account: Address | null
  /** Its part of what this use brought; what it was paid stands in lines that sum up all uses of an epoch. */
  readonly apportioned: bigint
}

interface CitedRow {
  readonly rank: number
  readonly score: number
  readonly batch_source: string | null
  readonly batch_id: string | null
  readonly item_index: number
  readonly content_hash: unknown
  readonly account: Address | null
}

/** What retrieved contributions share of one use, in the epoch in which they do. */
interface Brought {
  readonly epoch: number
  readonly amount: bigint
}

/** A funded use, and what took the data part of its fee. */
export interface TakenUse {
  readonly inference: DuckDBValue
  /** In which its fee was funded; null: it was not. */
  readonly fundedEpoch: number | null
  readonly taken: { readonly channel: DataChannel; readonly epoch: number } | undefined
}

/** The channel that divides the data part of a use; undefined when none does (yet). */
export function takenBy(warehouse: Database, inference: DuckDBValue): Promise<TakenUse['taken']> {
  return warehouse.one<{ channel: DataChannel; epoch: number }>(
    'SELECT channel, epoch FROM channel_use WHERE inference = $inference',
    { inference },
  )
}

/**
 * The contributions that were retrieved for a use, in rank order, with what is each one's of what the use brought.
 *
 * @param data   data part of the use
 * @param policy in force when its fee was funded
 * @param epoch  of the use: what is there is asked for it when nothing was shared yet
 */
export async function citedItems(
  warehouse: Database,
  { inference, fundedEpoch, taken }: TakenUse,
  data: bigint,
  policy: Policy | undefined,
  epoch: number,
): Promise<CitedItem[]> {
  const load = (at: number) => warehouse.all<CitedRow>(retrievedContributions, { inference, epoch: at })
  if (policy === undefined || fundedEpoch === null) return (await load(epoch)).map((row) => toItem(row, 0n))
  const { atOnce, rest } = splitData(data, true, policy)
  const brought: Brought[] = [{ epoch: fundedEpoch, amount: atOnce }]
  if (taken?.channel === 'retrieval') brought.push({ epoch: taken.epoch, amount: rest })
  let items: CitedItem[] = []
  for (const { epoch: at, amount } of brought) {
    const rows = await load(at)
    const weights = shareRetrieved(
      rows.map(({ score }) => score),
      policy.retrievalRule,
    )
    const amounts = apportion(amount, weights.map(BigInt))
    items = rows.map((row, index) => toItem(row, amounts[index]! + (items[index]?.apportioned ?? 0n)))
  }
  return items
}

function toItem(row: CitedRow, apportioned: bigint): CitedItem {
  return {
    ...{ rank: row.rank, score: row.score, batchSource: row.batch_source, batchId: row.batch_id },
    ...{
      index: row.item_index,
      contentHash: row.content_hash === null ? null : toHex(fromBlob(row.content_hash as never)),
    },
    ...{ account: row.account, apportioned },
  }
}
