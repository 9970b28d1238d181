import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { toHex } from '../../schemas/ids.ts'

const erasedItems = readSql(new URL('./erased-items.sql', import.meta.url))

/** An item whose erasure the ledger orders. */
export interface ErasedItem {
  /** id hash of the batch. */
  readonly batch: Uint8Array
  readonly batchSource: string
  readonly batchId: string
  readonly index: number
  readonly account: string
  readonly contentHash: Uint8Array
  readonly orderedIn: number
  /**
   * Whether bytes may be removed: that epoch was published and, where epochs are proposed to a chain, all before it are final. Once it
   * is, it stays so: none of those before can be vetoed, and in its own epoch the item takes no part, whatever attempt it is.
   */
  readonly isRipe: boolean
}

/**
 * All of them, by (source, id, index).
 *
 * @param isAnchored whether its epochs are to be proposed to a chain, also when none was so far
 */
export async function erasedItemsOf(warehouse: Database, isAnchored: boolean): Promise<ErasedItem[]> {
  const rows = await warehouse.all(erasedItems, { isAnchored })
  return rows.map((row) => ({
    batch: fromBlob(row.batch),
    batchSource: row.source as string,
    batchId: row.batch_id as string,
    index: row.item_index as number,
    account: row.account as string,
    contentHash: fromBlob(row.content_hash),
    orderedIn: row.order_epoch as number,
    isRipe: row.is_ripe as boolean,
  }))
}

/** Names an item in a map. */
export function itemKey(batch: Uint8Array, index: number): string {
  return `${toHex(batch)}/${index}`
}
