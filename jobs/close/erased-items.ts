import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'

type NamedBatch = Pick<EventBodies['ErasureOrdered'], 'batchSource' | 'batchId'>

/** The items whose erasure was ordered. Orders are few, so all of them are held in memory while an epoch is closed. */
export class ErasedItems {
  /** By batch: the indexes, or all. */
  readonly #of = new Map<string, Set<number> | 'all'>()
  /** Epoch of the newest order. */
  #newest = 0

  static async load(warehouse: Database): Promise<ErasedItems> {
    const items = new ErasedItems()
    for (const row of await warehouse.all('SELECT DISTINCT batch, item_index FROM contribution_erased'))
      items.#add(toHex(fromBlob(row.batch)), row.item_index as number | null)
    const row = await warehouse.one<{ newest: number | null }>('SELECT max(epoch) AS newest FROM contribution_erased')
    items.#newest = row?.newest ?? 0
    return items
  }

  add(order: Pick<EventBodies['ErasureOrdered'], 'batchSource' | 'batchId' | 'indexes'>, epoch: number): void {
    this.#newest = epoch
    const batch = batchOf(order)
    if (order.indexes.length === 0) this.#add(batch, null)
    for (const index of order.indexes) this.#add(batch, index)
  }

  /** Whether something was ordered in a later epoch, up to the one that is closed. */
  isOrderedAfter(epoch: number): boolean {
    return this.#newest > epoch
  }

  has(batch: NamedBatch, index: number): boolean {
    const indexes = this.#of.get(batchOf(batch))
    return indexes === 'all' || indexes?.has(index) === true
  }

  /** @param index null: all of the batch */
  #add(batch: string, index: number | null): void {
    const known = this.#of.get(batch) ?? new Set()
    if (index === null || known === 'all') this.#of.set(batch, 'all')
    else this.#of.set(batch, known.add(index))
  }
}

function batchOf({ batchSource, batchId }: NamedBatch): string {
  return toHex(idHashOf(batchSource, batchId))
}
