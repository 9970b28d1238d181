import { BIGINT, BLOB, type DuckDBType, INTEGER, VARCHAR } from '@duckdb/node-api'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { ceTypeOf, type EventType } from '../../schemas/events.ts'
import { REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { TOPIC_OF_EVENT } from '../../schemas/topics.ts'
import type { LogRecord } from '../record-source.ts'
import { type Columns, NULL_NAME, type NumbersColumn } from '../warehouse/column-append.ts'
import { Arena, Places } from './arena.ts'
import { IDENTITY_BYTES } from './identity.ts'
import type { LastRecord, Place, Position } from './positions.ts'

/** The columns of the table `record`, as {@link recordColumns} fills them. */
export const RECORD_TYPES: readonly DuckDBType[] = [
  BIGINT, // rid
  VARCHAR, // topic
  INTEGER, // partition_id
  BIGINT, // record_offset
  INTEGER, // incarnation
  BIGINT, // append_ms
  BIGINT, // effective_ms
  BLOB, // content_hash
  BLOB, // record_key
  BLOB, // headers
  BLOB, // record_value
  VARCHAR, // event_type
  BLOB, // id_hash
  BLOB, // body_hash
  INTEGER, // ingest_reason
  VARCHAR, // detail
]

const DETAIL_CHARACTERS_MAX = 300
/** Room for hashes and lengths of a record with the usual headers; the arena grows when it does not suffice. */
const OVERHEAD_BYTES = 160
const EVENT_TYPES = Object.keys(TOPIC_OF_EVENT) as EventType[]
const CODE_OF_TYPE = new Map(EVENT_TYPES.map((type, code) => [type, code]))
/** What comes before the value in the hash that tells a repeated event from another one under the same id. */
const BODY_PREFIXES = EVENT_TYPES.map((type) => Buffer.from(`${ceTypeOf(type)}\0`))

/** Records of one partition, decoded, hashed and ready to be appended to `record`. */
export interface RecordColumns extends Columns {
  /** One of `columns`; the caller fills it when the rows get their ids. */
  readonly rids: BigInt64Array
  readonly rejected: ReadonlyMap<RejectionReason, number>
  /** Running maximum of append times behind the last record. */
  readonly effectiveMs: bigint
  /** The last of them; undefined when there are none. */
  readonly last: LastRecord | undefined
}

/**
 * Decodes and hashes records of one partition that follow `before`: what a record's own bytes decide (docs/formats.md#decisions)
 * and nothing else. Never throws on any bytes.
 *
 * @param bytes size of the records together, to begin with the right memory
 */
export function recordColumns(
  { topic, partition }: Place,
  records: readonly LogRecord[],
  bytes: number,
  before: Pick<Position, 'incarnation' | 'effectiveMs'>,
): RecordColumns {
  const rows = records.length
  const longs = () => new BigInt64Array(rows)
  const [rids, offsets, appendTimes, effectiveTimes] = [longs(), longs(), longs(), longs()]
  const place = () => new Places(rows)
  const [contents, keys, headers, values] = [place(), place(), place(), place()]
  const [ids, bodies, details] = [place(), place(), place()]
  const reasons = new Int32Array(rows)
  const types = new Uint8Array(rows)
  const ends = new Uint32Array(rows)
  const rejected = new Map<RejectionReason, number>()
  const arena = new Arena(bytes + rows * OVERHEAD_BYTES)
  let effectiveMs = before.effectiveMs
  for (let row = 0; row < rows; row++) {
    const record = records[row]!
    if (record.appendTimeMs > effectiveMs) effectiveMs = record.appendTimeMs
    offsets[row] = record.offset
    appendTimes[row] = record.appendTimeMs
    effectiveTimes[row] = effectiveMs
    const start = arena.end
    arena.content(record, row, keys, headers, values)
    arena.digest(start, row, contents)
    const decoded = decodeRecord(record)
    if (decoded.outcome === 'decoded') {
      const { type, source, id } = decoded.event
      const code = CODE_OF_TYPE.get(type)!
      types[row] = code
      arena.digestOfTexts([source, id], IDENTITY_BYTES, row, ids)
      arena.digestOfValue(BODY_PREFIXES[code]!, record.value!, IDENTITY_BYTES, row, bodies)
      details.setNull(row)
    } else {
      reasons[row] = REJECTION_REASONS[decoded.reason]
      rejected.set(decoded.reason, (rejected.get(decoded.reason) ?? 0) + 1)
      types[row] = NULL_NAME
      ids.setNull(row)
      bodies.setNull(row)
      arena.text(decoded.detail.slice(0, DETAIL_CHARACTERS_MAX), row, details)
    }
    ends[row] = arena.end
  }
  const text = (name: string) => ({ kind: 'names', names: [name], codes: new Uint8Array(rows) }) as const
  const inBytes = ({ places }: Places) => ({ kind: 'bytes', places }) as const
  return {
    rows,
    arena: arena.bytes,
    ends,
    columns: [
      numbers(rids),
      text(topic),
      numbers(new Int32Array(rows).fill(partition)),
      numbers(offsets),
      numbers(new Int32Array(rows).fill(before.incarnation)),
      numbers(appendTimes),
      numbers(effectiveTimes),
      inBytes(contents),
      inBytes(keys),
      inBytes(headers),
      inBytes(values),
      { kind: 'names', names: EVENT_TYPES, codes: types },
      inBytes(ids),
      inBytes(bodies),
      numbers(reasons),
      inBytes(details),
    ],
    rids,
    rejected,
    effectiveMs,
    last: lastOf(records, arena, contents),
  }
}

function numbers(values: BigInt64Array | Int32Array): NumbersColumn {
  return { kind: 'numbers', values }
}

function lastOf(records: readonly LogRecord[], arena: Arena, contents: Places): LastRecord | undefined {
  const last = records.at(-1)
  if (last === undefined) return undefined
  const [start, length] = contents.places.subarray(-2)
  // A copy: the arena is not kept for 32 bytes of it.
  const contentHash = Uint8Array.from(arena.bytes.subarray(start!, start! + length!))
  return { offset: last.offset, appendTimeMs: last.appendTimeMs, contentHash }
}
