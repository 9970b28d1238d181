import { join } from 'node:path'
import { BIGINT, BLOB, INTEGER } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { isRewriteDue } from '../../pipelines/warehouse/rewrite-file.ts'
import { deadLetterTopic } from '../../schemas/topics.ts'
import type { Ledger } from '../ledger.ts'
import { bundleFolder } from '../publish/write-bundle.ts'
import { type ErasedItem, erasedItemsOf, itemKey } from './erased-items.ts'
import { findTellingRecords, type TellingRecord } from './find-records.ts'
import { staleBundlesOf } from './rewrite-bundles.ts'

const itemCopies = readSql(new URL('./item-copies.sql', import.meta.url))
const DAY_MS = 86_400_000n

/**
 * Where a copy of an item is, or was. `erased`: gone. `there`: `tally erase` removes it. `expires`: nobody can remove it by
 * hand; it is gone by the deadline. `outside`: whoever has it has to be told.
 */
export interface Copy {
  readonly what: 'payload' | 'warehouse' | 'log' | 'dead letter' | 'segment' | 'bundle' | 'backup' | 'recipient'
  readonly where: string
  readonly state: 'erased' | 'there' | 'expires' | 'outside'
  /** RFC 3339; null: none is known. */
  readonly deadline: string | null
}

export interface ItemErasure extends Pick<ErasedItem, 'batchSource' | 'batchId' | 'index' | 'account' | 'orderedIn'> {
  /** False: its order waits for its epoch to be published, or for those before it to be final. */
  readonly isRipe: boolean
  /** RFC 3339; null before. */
  readonly erasedAt: string | null
  readonly copies: readonly Copy[]
}

export interface ErasureStatus {
  readonly items: readonly ItemErasure[]
  /** Nothing is left that `tally erase` could remove, no deadline lies ahead, and none is unknown. */
  readonly isDone: boolean
}

export interface CopiesOptions {
  readonly ledger: Ledger
  readonly bundles: string
  readonly payloads: { has(contentHash: Uint8Array): Promise<boolean> }
  /** Of the embedded log, whether its file still has to be rewritten or messages erased; undefined on a broker. */
  readonly embeddedLog?: { readonly isDue: boolean }
  /** On a broker: `retention.ms` of a topic, null when it may not be asked, −1 for ever. */
  readonly retentionMs?: (topic: string) => bigint | null
  /** Folder of sealed segments, when there is one. */
  readonly segments: string | undefined
  /** For how many days backups are kept, when the operator says so. */
  readonly backupDays: number | undefined
  /** Unix milliseconds. */
  readonly nowMs: bigint
}

/** Every copy of every item whose erasure is ordered: what was erased, what is left and until when. Changes nothing. */
export async function erasureStatus(options: CopiesOptions): Promise<ErasureStatus> {
  const { ledger, bundles } = options
  const items = await erasedItemsOf(ledger.warehouse)
  const { telling } = await findTellingRecords(ledger.warehouse, items)
  const facts = {
    stale: new Set(await staleBundlesOf(ledger, bundles)),
    rowsLeft: new Set(telling.map(({ item }) => itemKey(item.batch, item.index))),
    isDue: await isRewriteDue(ledger.warehouse),
    rows: groupByItem(await recordsOf(ledger.warehouse, telling)),
  }
  const found: ItemErasure[] = []
  for (const item of items) found.push(await statusOf(item, options, facts))
  const open = found
    .flatMap(({ copies }) => copies)
    .filter(({ state, deadline }) => isOpen(state, deadline, options.nowMs))
  return { items: found, isDone: open.length === 0 && items.every(({ isRipe }) => isRipe) }
}

function isOpen(state: Copy['state'], deadline: string | null, nowMs: bigint): boolean {
  if (state === 'there') return true
  return state === 'expires' && (deadline === null || BigInt(Date.parse(deadline)) > nowMs)
}

interface Facts {
  readonly stale: ReadonlySet<number>
  readonly rowsLeft: ReadonlySet<string>
  readonly isDue: boolean
  readonly rows: ReadonlyMap<string, readonly Row[]>
}

async function statusOf(item: ErasedItem, options: CopiesOptions, facts: Facts): Promise<ItemErasure> {
  const { batchSource, batchId, index, account, orderedIn, isRipe } = item
  const key = itemKey(item.batch, index)
  const rows = facts.rows.get(key) ?? []
  const erasedMs = rows.reduce((last, row) => maximum(last, row.erased_ms as bigint | null), null as bigint | null)
  const hasPayload = await options.payloads.has(item.contentHash)
  const inRows = !isRipe || facts.isDue || facts.rowsLeft.has(key)
  const copies: Copy[] = [
    { what: 'payload', where: 'payloads', state: hasPayload ? 'there' : 'erased', deadline: null },
    { what: 'warehouse', where: options.ledger.warehouse.path, state: inRows ? 'there' : 'erased', deadline: null },
    ...rows.flatMap((row) => copiesOfRecord(row, options, facts.stale)),
    ...outsideOf(options, erasedMs),
  ]
  return {
    ...{ batchSource, batchId, index, account, orderedIn, isRipe, copies },
    erasedAt: erasedMs === null ? null : timeOf(erasedMs),
  }
}

function copiesOfRecord(row: Row, options: CopiesOptions, stale: ReadonlySet<number>): Copy[] {
  const epoch = row.epoch as number
  const isLeft = row.erased_ms === null
  const topic = row.topic as string
  const where = join(bundleFolder(options.bundles, epoch), 'restricted/records.parquet')
  return [
    { what: 'bundle', where, state: isLeft || stale.has(epoch) ? 'there' : 'erased', deadline: null },
    logCopy(
      { what: 'log', topic, where: place(topic, row.partition_id, row.record_offset) },
      row.append_ms,
      isLeft,
      options,
    ),
    ...(row.dlq_offset === null ? [] : [logCopy(letterOf(row), row.sent_ms, isLeft, options)]),
  ]
}

type LogPlace = Pick<Copy, 'what' | 'where'> & { readonly topic: string }

function letterOf(row: Row): LogPlace {
  const topic = deadLetterTopic(row.topic as string)
  return { what: 'dead letter', topic, where: place(topic, row.dlq_partition, row.dlq_offset) }
}

function place(topic: string, partition: unknown, offset: unknown): string {
  return `${topic}/${partition}/${offset}`
}

/** Erased in the embedded log; a broker keeps it for its retention from when it was appended. */
function logCopy(
  { topic, ...copy }: LogPlace,
  appendMs: unknown,
  isLeft: boolean,
  { embeddedLog, retentionMs }: CopiesOptions,
): Copy {
  if (embeddedLog !== undefined)
    return { ...copy, state: isLeft || embeddedLog.isDue ? 'there' : 'erased', deadline: null }
  const retention = retentionMs?.(topic) ?? null
  const isForever = retention === null || retention < 0n
  return { ...copy, state: 'expires', deadline: isForever ? null : timeOf((appendMs as bigint) + retention) }
}

/** What was handed on before the erasure: nobody here can reach it. */
function outsideOf({ backupDays, segments, nowMs }: CopiesOptions, erasedMs: bigint | null): Copy[] {
  const since = erasedMs ?? nowMs
  const deadline = backupDays === undefined ? null : timeOf(since + BigInt(backupDays) * DAY_MS)
  const sealed: Copy[] =
    segments === undefined ? [] : [{ what: 'segment', where: segments, state: 'expires', deadline: null }]
  return [
    ...sealed,
    { what: 'backup', where: 'backups made before the erasure', state: 'expires', deadline },
    {
      what: 'recipient',
      where: 'bundles, exports and copies of the log handed out before',
      state: 'outside',
      deadline: null,
    },
  ]
}

/** What told features, and what still does. */
async function recordsOf(warehouse: Database, telling: readonly TellingRecord[]): Promise<Row[]> {
  await warehouse.run('CREATE OR REPLACE TEMP TABLE telling_record (rid BIGINT, batch BLOB, item_index INTEGER)')
  const rows = telling.map(({ rid, item }) => [rid, toBlob(item.batch), item.index])
  await warehouse.append('telling_record', [BIGINT, BLOB, INTEGER], rows)
  return warehouse.all(itemCopies)
}

function groupByItem(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = itemKey(fromBlob(row.batch), row.item_index as number)
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return groups
}

function maximum(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null || other === null) return one ?? other
  return other > one ? other : one
}

function timeOf(ms: bigint): string {
  return new Date(Number(ms)).toISOString()
}
