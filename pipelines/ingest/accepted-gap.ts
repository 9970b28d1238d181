import { createHash } from 'node:crypto'
import { BIGINT, type DuckDBValue } from '@duckdb/node-api'
import { contentBytes, encodeHeaders } from '../../schemas/record-bytes.ts'
import type { OffsetGap } from '../record-source.ts'
import { toBlob } from '../warehouse/blob.ts'
import type { Database } from '../warehouse/database.ts'
import type { Position } from './positions.ts'
import { RECORD_TYPES } from './record-columns.ts'

/** In the place of an ingest reason: the row stands for an accepted gap, not for a record. */
export const INGEST_GAP = -1
const OFFSET_BYTES = 8

/** One row for everything that was lost (docs/formats.md#leaf), inside the caller's transaction. */
export async function appendGap(
  warehouse: Database,
  gap: OffsetGap,
  { incarnation, effectiveMs }: Pick<Position, 'incarnation' | 'effectiveMs'>,
  rid: bigint,
): Promise<void> {
  const { topic, partition, from, to } = gap
  const value = Buffer.alloc(2 * OFFSET_BYTES)
  value.writeBigUInt64BE(from)
  value.writeBigUInt64BE(to, OFFSET_BYTES)
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
  await warehouse.append('record', RECORD_TYPES, [row])
  await warehouse.append('accepted_gap', [BIGINT, BIGINT], [[rid, to]])
}
