import { fromNullableBlob, toBlob } from '../warehouse/blob.ts'
import type { Database } from '../warehouse/database.ts'
import { OffsetMismatchError } from '../warehouse/errors.ts'

/** The last record of a partition that the warehouse holds. */
export interface LastRecord {
  readonly offset: bigint
  readonly appendTimeMs: bigint
  readonly contentHash: Uint8Array
}

/** How far a partition was read. */
export interface Position {
  readonly incarnation: number
  readonly nextOffset: bigint
  /** Running maximum of append times; 0 before the first record. */
  readonly effectiveMs: bigint
  readonly last: LastRecord | undefined
}

export interface Place {
  readonly topic: string
  readonly partition: number
}

/** Where a partition stands that was never read. */
export const UNREAD: Position = { incarnation: 0, nextOffset: 0n, effectiveMs: 0n, last: undefined }

export function placeOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`
}

interface StoredPosition {
  readonly topic: string
  readonly partition_id: number
  readonly incarnation: number
  readonly next_offset: bigint
  readonly effective_ms: bigint
  readonly last_offset: bigint | null
  readonly last_append_ms: bigint | null
}

/** The position of every partition that was ever read, by {@link placeOf}. */
export async function loadPositions(warehouse: Database): Promise<Map<string, Position>> {
  const rows = await warehouse.all<StoredPosition & { readonly last_content_hash: unknown }>(
    'SELECT * FROM read_position',
  )
  return new Map(
    rows.map((row) => [
      placeOf({ topic: row.topic, partition: row.partition_id }),
      {
        incarnation: row.incarnation,
        nextOffset: row.next_offset,
        effectiveMs: row.effective_ms,
        last:
          row.last_offset === null
            ? undefined
            : {
                offset: row.last_offset,
                appendTimeMs: row.last_append_ms!,
                contentHash: fromNullableBlob(row.last_content_hash)!,
              },
      },
    ]),
  )
}

/**
 * Compare-and-set inside the caller's transaction: a zombie whose position is out of date changes no row and throws.
 * `before` is undefined for a partition that was never read.
 *
 * @throws OffsetMismatchError
 */
export async function movePosition(
  warehouse: Database,
  { topic, partition }: Place,
  before: Position | undefined,
  after: Position,
): Promise<void> {
  const expected = before?.nextOffset ?? 0n
  const sql =
    before === undefined
      ? `INSERT INTO read_position
         SELECT $topic, $partition, 0, $next, $effective, $lastOffset, $lastAppend, $lastHash
         WHERE NOT EXISTS (SELECT 1 FROM read_position WHERE topic = $topic AND partition_id = $partition) AND $expected = 0
         RETURNING next_offset`
      : `UPDATE read_position SET next_offset = $next, effective_ms = $effective,
           last_offset = $lastOffset, last_append_ms = $lastAppend, last_content_hash = $lastHash
         WHERE topic = $topic AND partition_id = $partition AND next_offset = $expected RETURNING next_offset`
  const values = {
    topic,
    partition,
    expected,
    next: after.nextOffset,
    effective: after.effectiveMs,
    lastOffset: after.last?.offset ?? null,
    lastAppend: after.last?.appendTimeMs ?? null,
    lastHash: after.last === undefined ? null : toBlob(after.last.contentHash),
  }
  if ((await warehouse.all(sql, values)).length === 1) return
  const found = await warehouse.one<{ next_offset: bigint }>(
    'SELECT next_offset FROM read_position WHERE topic = $topic AND partition_id = $partition',
    { topic, partition },
  )
  throw new OffsetMismatchError({ topic, partition, expected, found: found?.next_offset ?? 0n })
}
