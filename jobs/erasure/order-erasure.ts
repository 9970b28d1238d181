import { createHash } from 'node:crypto'
import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'

const equalItems = readSql(new URL('./equal-items.sql', import.meta.url))
const batchesSql = readSql(new URL('./batches.sql', import.meta.url))

export class NothingToEraseError extends TallyError {
  override readonly code = 'NOTHING_TO_ERASE'
  constructor(facts: { what: string; problem: string }) {
    super(`Nothing is ordered to be erased of ${facts.what}: ${facts.problem}.`, {
      facts,
      hint: 'Name a batch of a closed epoch as SOURCE/ID, or an account that contributed.',
    })
  }
}

/** What is to be erased: items of a batch (none named: all), or everything that an account contributed. */
export type ErasureTarget =
  | { readonly batch: string; readonly indexes: readonly number[] }
  | { readonly account: string }

export interface OrderErasureOptions {
  readonly ledger: Ledger
  readonly sink: RecordSink
  /** The operator. */
  readonly signer: TypedDataSigner
  readonly target: ErasureTarget
  /** RFC 3339; shown to people. */
  readonly time: string
}

export interface OrderedBatch {
  readonly batchSource: string
  readonly batchId: string
  /** Ascending; empty: all of it. */
  readonly indexes: readonly number[]
}

/**
 * Appends an ErasureOrdered for each batch of the target, signed by the operator. What is ordered already is left out; the id of an
 * order follows from what it names, so that the same one, sent again before its epoch is closed, is a duplicate.
 *
 * @returns what was ordered by this call
 * @throws  NothingToEraseError when no accepted batch is meant; nothing was appended
 */
export async function orderErasure({
  ledger,
  sink,
  signer,
  target,
  time,
}: OrderErasureOptions): Promise<OrderedBatch[]> {
  const wanted = await batchesOf(ledger.warehouse, target)
  const orders: OrderedBatch[] = []
  for (const { items, erased, ...batch } of wanted) {
    const open = batch.indexes.length === 0 ? erased < items : await isOpen(ledger.warehouse, batch)
    if (open) orders.push(batch)
  }
  const events = orders.map(({ batchSource, batchId, indexes }) =>
    signEvent(ledger.ledgerId, signer, {
      type: 'ErasureOrdered',
      source: `urn:tallystick:${toHex(ledger.ledgerId)}`,
      id: orderId({ batchSource, batchId, indexes }),
      body: { batchSource, batchId, indexes: [...indexes] },
    }),
  )
  if (events.length > 0) await sink.append((await Promise.all(events)).map((event) => encodeEvent(event, time)))
  return orders
}

/** @throws NothingToEraseError when no accepted batch, or an item that there is not, is meant */
export async function requireErasable(warehouse: Database, target: ErasureTarget): Promise<void> {
  await batchesOf(warehouse, target)
}

/** An item of somebody, perhaps of the same account, with the same or nearly the same content. */
export interface AlikeItem {
  readonly batchSource: string
  readonly batchId: string
  readonly index: number
  readonly account: string
}

/** Items that are equal, or declared near, to those of an order and not ordered to be erased themselves: whoever erases looks at them. */
export async function alikeItemsOf(warehouse: Database, order: OrderedBatch): Promise<AlikeItem[]> {
  const { batchSource, batchId, indexes } = order
  const rows = await warehouse.all(equalItems, { batchSource, batchId, indexes: indexes.join(',') })
  return rows.map((row) => ({
    batchSource: row.source as string,
    batchId: row.batch_id as string,
    index: row.item_index as number,
    account: row.account as string,
  }))
}

interface Batch extends OrderedBatch {
  readonly items: number
  /** Of these, how many were ordered to be erased before. */
  readonly erased: number
}

async function batchesOf(warehouse: Database, target: ErasureTarget): Promise<Batch[]> {
  const isBatch = 'batch' in target
  const what = isBatch ? target.batch : target.account
  const rows = await warehouse.all(batchesSql, {
    name: isBatch ? target.batch : null,
    account: isBatch ? null : target.account.toLowerCase(),
  })
  if (rows.length === 0)
    throw new NothingToEraseError({
      what,
      problem: `no closed epoch has a batch ${isBatch ? 'of that name' : 'of it'}`,
    })
  if (isBatch && rows.length > 1)
    throw new NothingToEraseError({ what, problem: 'more than one batch could be meant by that name' })
  const indexes = isBatch ? [...new Set(target.indexes)].sort((a, b) => a - b) : []
  const items = rows[0]!.items as number
  if (indexes.some((index) => index >= items))
    throw new NothingToEraseError({ what, problem: `it has ${items} items, numbered from 0` })
  return rows.map((row) => ({
    batchSource: row.source as string,
    batchId: row.batch_id as string,
    indexes,
    items: row.items as number,
    erased: Number(row.erased),
  }))
}

/** Whether one of the items is not ordered to be erased yet. */
async function isOpen(warehouse: Database, { batchSource, batchId, indexes }: OrderedBatch): Promise<boolean> {
  const rows = await warehouse.all<{ item_index: number | null }>(
    `SELECT e.item_index FROM contribution_erased AS e
     JOIN contribution_batch AS b USING (batch) WHERE b.source = $batchSource AND b.batch_id = $batchId`,
    { batchSource, batchId },
  )
  const ordered = new Set(rows.map(({ item_index: index }) => index))
  return !ordered.has(null) && indexes.some((index) => !ordered.has(index))
}

function orderId(order: OrderedBatch): string {
  const text = JSON.stringify([order.batchSource, order.batchId, order.indexes])
  return `erasure-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
