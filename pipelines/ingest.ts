import { createHash } from 'node:crypto'
import { BIGINT, BLOB, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { decodeRecord } from '../schemas/decode-record.ts'
import { ceTypeOf, type EventOf } from '../schemas/events.ts'
import { contentBytes, encodeHeaders } from '../schemas/record-bytes.ts'
import { REJECTION_REASONS } from '../schemas/rejection.ts'
import type { LogRecord, OffsetGap, RecordBatch, RecordSource } from './record-source.ts'
import { SerialQueue } from './serial-queue.ts'
import { toBlob } from './warehouse/blob.ts'
import type { Database } from './warehouse/database.ts'
import { OffsetMismatchError } from './warehouse/errors.ts'

const RECORD_TYPES = [
  BIGINT,
  VARCHAR,
  INTEGER,
  BIGINT,
  INTEGER,
  BIGINT,
  BIGINT,
  BLOB,
  BLOB,
  BLOB,
  BLOB,
  VARCHAR,
  BLOB,
  BLOB,
  INTEGER,
  VARCHAR,
]
const IDENTITY_BYTES = 16
/** In the place of an ingest reason: the row stands for an accepted gap, not for a record. */
export const INGEST_GAP = -1
const DETAIL_CHARACTERS_MAX = 300

interface Position {
  readonly incarnation: number
  readonly nextOffset: bigint
  readonly effectiveMs: bigint
}

export interface IngestOptions {
  readonly source: RecordSource
  readonly warehouse: Database
  readonly topics: readonly string[]
  readonly until: 'end' | 'follow'
  readonly signal?: AbortSignal
  /** Go on behind offsets that the log lost before they were read, with a gap in the ledger in their place. */
  readonly acceptGap?: boolean
  readonly onProgress?: (counts: IngestCounts) => void
}

export interface IngestCounts {
  /** Records read and stored by this call, rejected ones included. */
  readonly records: number
  readonly rejected: number
}

/**
 * Reads the log into the warehouse. It decides only what a record's own bytes decide (docs/formats.md#decisions); what
 * depends on other records is decided at close.
 *
 * 1. Each partition starts at the warehouse's own next offset. Killed here: nothing was read.
 * 2. A batch is decoded and hashed in memory. Killed here: the log hands it out again.
 * 3. Rows and the new offset become visible in one transaction; the offset moves only from where this process left it, and
 *    records below it are dropped. Killed before COMMIT: nothing happened, the log hands the batch out again. Killed after:
 *    the next start begins behind it.
 *
 * @throws OffsetMismatchError when someone else moved the offsets; whatever the source throws
 */
export async function ingest(options: IngestOptions): Promise<IngestCounts> {
  const positions = await loadPositions(options.warehouse)
  let nextRid = await nextRecordId(options.warehouse)
  let records = 0
  let rejected = 0
  const tasks = new SerialQueue()
  await options.source.read({
    topics: options.topics,
    until: options.until,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    positionOf: (topic, partition) => positions.get(keyOf(topic, partition))?.nextOffset ?? 0n,
    ...(options.acceptGap === true
      ? {
          onGap: (gap: OffsetGap) =>
            tasks.run(async () => {
              await storeGap(options.warehouse, gap, positions, nextRid)
              nextRid += 1n
            }),
        }
      : {}),
    // Partitions may be handed out side by side; the warehouse has one writer.
    onBatch: (batch) =>
      tasks.run(async () => {
        const stored = await storeBatch(options.warehouse, batch, positions, nextRid)
        nextRid += BigInt(stored.records)
        records += stored.records
        rejected += stored.rejected
        options.onProgress?.({ records, rejected })
      }),
  })
  return { records, rejected }
}

async function storeBatch(
  warehouse: Database,
  batch: RecordBatch,
  positions: Map<string, Position>,
  firstRid: bigint,
): Promise<IngestCounts> {
  const key = keyOf(batch.topic, batch.partition)
  const position = positions.get(key)
  const from = position?.nextOffset ?? 0n
  if (batch.nextOffset < from) return { records: 0, rejected: 0 }
  let effectiveMs = position?.effectiveMs ?? 0n
  const rows: DuckDBValue[][] = []
  let rejected = 0
  for (const record of batch.records) {
    if (record.offset < from) continue
    if (record.appendTimeMs > effectiveMs) effectiveMs = record.appendTimeMs
    const row = toRow(record, firstRid + BigInt(rows.length), position?.incarnation ?? 0, effectiveMs)
    if (row.rejected) rejected++
    rows.push(row.values)
  }
  const next: Position = { incarnation: position?.incarnation ?? 0, nextOffset: batch.nextOffset, effectiveMs }
  if (rows.length === 0 && next.nextOffset === from && position !== undefined) return { records: 0, rejected: 0 }
  await warehouse.transaction(async () => {
    await movePosition(warehouse, batch, position, next)
    await warehouse.append('record', RECORD_TYPES, rows)
  })
  positions.set(key, next)
  return { records: rows.length, rejected }
}

/**
 * One row for everything that was lost (docs/formats.md#leaf), and the position behind it. Killed before COMMIT: the gap is
 * found again. Killed after: reading goes on behind it.
 */
async function storeGap(
  warehouse: Database,
  gap: OffsetGap,
  positions: Map<string, Position>,
  rid: bigint,
): Promise<void> {
  const { topic, partition, from, to } = gap
  const key = keyOf(topic, partition)
  const before = positions.get(key)
  const { incarnation, effectiveMs } = before ?? { incarnation: 0, effectiveMs: 0n }
  const value = Buffer.alloc(16)
  value.writeBigUInt64BE(from)
  value.writeBigUInt64BE(to, 8)
  const content = { key: null, headers: [], value }
  const row: DuckDBValue[] = [
    rid,
    topic,
    partition,
    from,
    incarnation,
    effectiveMs,
    effectiveMs,
    toBlob(createHash('sha256').update(contentBytes(content)).digest()),
    null,
    toBlob(encodeHeaders(content.headers)),
    toBlob(value),
    null,
    null,
    null,
    INGEST_GAP,
    `Offsets ${from} to ${to - 1n} were lost before they were read.`,
  ]
  const after: Position = { incarnation, nextOffset: to, effectiveMs }
  await warehouse.transaction(async () => {
    await movePosition(warehouse, gap, before, after)
    await warehouse.append('record', RECORD_TYPES, [row])
    await warehouse.append('accepted_gap', [BIGINT, BIGINT], [[rid, to]])
  })
  positions.set(key, after)
}

/** Compare-and-set: a zombie whose position is out of date changes no row and throws. */
async function movePosition(
  warehouse: Database,
  batch: { readonly topic: string; readonly partition: number },
  before: Position | undefined,
  after: Position,
): Promise<void> {
  const { topic, partition } = batch
  const values = {
    topic,
    partition,
    expected: before?.nextOffset ?? 0n,
    next: after.nextOffset,
    effective: after.effectiveMs,
  }
  const sql =
    before === undefined
      ? `INSERT INTO read_position SELECT $topic, $partition, 0, $next, $effective
         WHERE NOT EXISTS (SELECT 1 FROM read_position WHERE topic = $topic AND partition_id = $partition) AND $expected = 0
         RETURNING next_offset`
      : `UPDATE read_position SET next_offset = $next, effective_ms = $effective
         WHERE topic = $topic AND partition_id = $partition AND next_offset = $expected RETURNING next_offset`
  const moved = await warehouse.all(sql, values)
  if (moved.length === 1) return
  const found = await warehouse.one<{ next_offset: bigint }>(
    'SELECT next_offset FROM read_position WHERE topic = $topic AND partition_id = $partition',
    { topic, partition },
  )
  throw new OffsetMismatchError({ topic, partition, expected: values.expected, found: found?.next_offset ?? 0n })
}

function toRow(
  record: LogRecord,
  rid: bigint,
  incarnation: number,
  effectiveMs: bigint,
): { values: DuckDBValue[]; rejected: boolean } {
  const decoded = decodeRecord(record)
  const event = decoded.outcome === 'decoded' ? decoded.event : undefined
  const values: DuckDBValue[] = [
    rid,
    record.topic,
    record.partition,
    record.offset,
    incarnation,
    record.appendTimeMs,
    effectiveMs,
    toBlob(createHash('sha256').update(contentBytes(record)).digest()),
    record.key === null ? null : toBlob(record.key),
    toBlob(encodeHeaders(record.headers)),
    record.value === null ? null : toBlob(record.value),
    event?.type ?? null,
    event === undefined ? null : toBlob(idHashOf(event.source, event.id)),
    event === undefined ? null : toBlob(bodyHashOf(event, record.value!)),
    decoded.outcome === 'rejected' ? REJECTION_REASONS[decoded.reason] : 0,
    decoded.outcome === 'rejected' ? decoded.detail.slice(0, DETAIL_CHARACTERS_MAX) : null,
  ]
  return { values, rejected: decoded.outcome === 'rejected' }
}

/**
 * Identity of an event: the first 128 bits of SHA-256(u32 length ‖ source ‖ u32 length ‖ id). A second preimage costs 2^128.
 */
export function idHashOf(source: string, id: string): Uint8Array {
  const hash = createHash('sha256')
  for (const text of [Buffer.from(source), Buffer.from(id)]) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    hash.update(length).update(text)
  }
  return hash.digest().subarray(0, IDENTITY_BYTES)
}

/** What tells a repeated event from another one under the same id: its type and value bytes. */
function bodyHashOf(event: EventOf, value: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(ceTypeOf(event.type)).update('\0').update(value)
  return hash.digest().subarray(0, IDENTITY_BYTES)
}

async function loadPositions(warehouse: Database): Promise<Map<string, Position>> {
  const rows = await warehouse.all<{
    topic: string
    partition_id: number
    incarnation: number
    next_offset: bigint
    effective_ms: bigint
  }>('SELECT topic, partition_id, incarnation, next_offset, effective_ms FROM read_position')
  return new Map(
    rows.map((row) => [
      keyOf(row.topic, row.partition_id),
      { incarnation: row.incarnation, nextOffset: row.next_offset, effectiveMs: row.effective_ms },
    ]),
  )
}

async function nextRecordId(warehouse: Database): Promise<bigint> {
  const row = await warehouse.one<{ next: bigint }>('SELECT coalesce(max(rid), 0) + 1 AS next FROM record')
  return row?.next ?? 1n
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
