import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'

const accountErased = readSql(new URL('./account-erased.sql', import.meta.url))

/** Contributions of one batch that are erased by one order: they are told of nobody any more, and earn nothing from its epoch on. */
export interface ErasedItems {
  readonly batchId: string
  readonly dataset: string
  /** Ascending. */
  readonly indexes: readonly number[]
  /** Of the first order that names them. */
  readonly orderedIn: number
  /** Records that told their features, and whose values are gone since; 0: `tally erase` has not removed any here. */
  readonly records: number
}

interface Row {
  readonly batch_id: string
  readonly dataset: string
  readonly item_index: number
  readonly epoch: number
  readonly records: bigint
}

/** What of an account's contributions was ordered to be erased, the first order first. @param to the last epoch of such an order */
export async function erasedOf(warehouse: Database, account: Address, to: number): Promise<ErasedItems[]> {
  const erased = new Map<string, { indexes: number[] } & ErasedItems>()
  for (const row of await warehouse.all<Row>(accountErased, { account, to })) {
    const key = JSON.stringify([row.epoch, row.dataset, row.batch_id])
    const before = erased.get(key)
    erased.set(key, {
      ...{ batchId: row.batch_id, dataset: row.dataset, orderedIn: row.epoch },
      indexes: [...(before?.indexes ?? []), row.item_index],
      records: (before?.records ?? 0) + Number(row.records),
    })
  }
  return [...erased.values()]
}
