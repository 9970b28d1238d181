import { BIGINT, type DuckDBType, type DuckDBValue, LIST, listValue } from '@duckdb/node-api'
import { fromBlob, fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Decoded, decodeRecord } from '../../schemas/decode-record.ts'
import type { DecidedEventType, EventOf } from '../../schemas/events.ts'
import { producerTimeMs, producerTimeOf } from '../../schemas/producer-time.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import type { RegisteredSchemas } from '../../schemas/registered-schemas.ts'
import { CorruptWarehouseError } from './errors.ts'
import type { Candidate } from './references.ts'

const pageOfTypes = readSql(new URL('./page-of-types.sql', import.meta.url))
const pageOfWaiting = readSql(new URL('./page-of-waiting.sql', import.meta.url))

/** Records looked at in one go; bounds the memory of a close. */
const PAGE_RECORDS = 5_000
const PAGE_BYTES = 16 * 1024 * 1024
/** Ranges of rids that one statement reads: each costs about a millisecond. */
const RANGES_MAX = 16

/** The decoded records of `cut_record` of some types, in accept order, in pages of bounded size. */
export async function* pagesOfTypes(
  warehouse: Database,
  types: readonly DecidedEventType[],
  registered: RegisteredSchemas,
): AsyncGenerator<Candidate[]> {
  // Built, so that DuckDB sees constants: by them it finds the stretches of the table that hold these types.
  const sql = pageOfTypes.replace('$types', types.map((type) => `'${type}'`).join(', '))
  for await (const page of pages(warehouse, sql, {}))
    yield page.map(({ row, record }) => toCandidate(row, record, types, registered))
}

/** The types of the decoded records of `cut_record`. */
export async function typesOfCut(warehouse: Database): Promise<ReadonlySet<string>> {
  const rows = await warehouse.all<{ type: string }>(
    'SELECT DISTINCT event_type AS type FROM cut_record WHERE event_type IS NOT NULL AND ingest_reason = 0',
  )
  return new Set(rows.map(({ type }) => type))
}

/** A record that waited for its schema, and what its bytes decide now. */
export interface ReadRecord {
  readonly rid: bigint
  readonly decoded: Decoded
}

/** The records of `cut_record` that wait for their schema, in pages of bounded size. */
export async function* pagesOfWaiting(
  warehouse: Database,
  registered: RegisteredSchemas,
): AsyncGenerator<ReadRecord[]> {
  for await (const page of pages(warehouse, pageOfWaiting, {}))
    yield page.map(({ row, record }) => ({ rid: row.rid as bigint, decoded: decodeAgain(row, record, registered) }))
}

async function* pages(
  warehouse: Database,
  sql: string,
  values: Readonly<Record<string, DuckDBValue>>,
  valueTypes: Readonly<Record<string, DuckDBType>> = {},
): AsyncGenerator<{ row: Row; record: Row | undefined }[]> {
  for (let after = 0n; ; ) {
    const rows = await warehouse.all(sql, { ...values, after, page: PAGE_RECORDS, bytes: PAGE_BYTES }, valueTypes)
    const last = rows.at(-1)
    if (last === undefined) return
    const records = await readRecords(
      warehouse,
      rows.map((row) => row.rid as bigint),
    )
    yield rows.map((row) => ({ row, record: records.get(row.rid as bigint) }))
    if (Number(last.found) < PAGE_RECORDS && rows.length === Number(last.found)) return
    after = last.ordinal as bigint
  }
}

/**
 * Records by rid. A page in accept order is a few stretches of rids, one for each partition that was read by itself, and
 * DuckDB reads a stretch without looking at the rest of the table. A join alone would read all that lies between.
 */
async function readRecords(warehouse: Database, rids: readonly bigint[]): Promise<Map<bigint, Row>> {
  const stretches = stretchesOf(rids).map(
    ([first, last]) =>
      `SELECT rid, topic, effective_ms, headers, record_value FROM record WHERE rid BETWEEN ${first} AND ${last}`,
  )
  const sql = `SELECT r.* FROM (${stretches.join(' UNION ALL ')}) AS r SEMI JOIN (SELECT unnest($rids) AS rid) USING (rid)`
  const rows = await warehouse.all(sql, { rids: listValue(rids) }, { rids: LIST(BIGINT) })
  return new Map(rows.map((row) => [row.rid as bigint, row]))
}

/** Covers the rids by at most {@link RANGES_MAX} ranges that leave the widest gaps out. */
function stretchesOf(rids: readonly bigint[]): [first: bigint, last: bigint][] {
  const sorted = BigInt64Array.from(rids).sort()
  const gaps = Array.from({ length: sorted.length - 1 }, (_, index) => index + 1)
    .filter((index) => sorted[index]! - sorted[index - 1]! > 1n)
    .sort((one, other) => Number(sorted[other]! - sorted[other - 1]! - (sorted[one]! - sorted[one - 1]!)))
  const starts = [0, ...gaps.slice(0, RANGES_MAX - 1).sort((one, other) => one - other)]
  return starts.map((start, index) => [sorted[start]!, sorted[(starts[index + 1] ?? sorted.length) - 1]!])
}

function toCandidate(
  row: Row,
  record: Row | undefined,
  types: readonly DecidedEventType[],
  registered: RegisteredSchemas,
): Candidate {
  const decoded = decodeAgain(row, record, registered)
  // Asserted twice: what was decoded before must decode to the same type again.
  if (decoded.outcome !== 'decoded' || !types.some((type) => type === decoded.event.type))
    throw new CorruptWarehouseError({ rid: row.rid as bigint })
  return {
    rid: row.rid as bigint,
    ordinal: row.ordinal as bigint,
    effectiveMs: record!.effective_ms as bigint, // there: it was decoded
    idHash: fromBlob(row.id_hash),
    bodyHash: fromBlob(row.body_hash),
    event: decoded.event as EventOf<DecidedEventType>,
    producedMs: decoded.event.type === 'InferenceRecorded' ? producedMsOf(record!) : undefined,
  }
}

function producedMsOf(record: Row): bigint {
  return producerTimeMs(producerTimeOf(decodeHeaders(fromBlob(record.headers))))
}

function decodeAgain(row: Row, record: Row | undefined, registered: RegisteredSchemas): Decoded {
  if (record === undefined) throw new CorruptWarehouseError({ rid: row.rid as bigint })
  const raw = {
    topic: record.topic as string,
    key: null, // was looked at by ingest; the event does not hold it
    headers: decodeHeaders(fromBlob(record.headers)),
    value: fromNullableBlob(record.record_value),
  }
  return decodeRecord(raw, registered)
}
