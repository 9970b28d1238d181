import { BIGINT, BLOB, type DuckDBType, INTEGER, VARCHAR } from '@duckdb/node-api'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { ceTypeOf, type EventType } from '../../schemas/events.ts'
import { RECORD_BYTES_MAX } from '../../schemas/limits.ts'
import { REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { RecordSkimmer } from '../../schemas/skim-record.ts'
import { TOPIC_OF_EVENT } from '../../schemas/topics.ts'
import type { LogRecord } from '../record-source.ts'
import { type BytesColumn, type Columns, NULL_NAME, type NumbersColumn } from '../warehouse/column-append.ts'
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
  /** Ids of the schemas that records wait for. */
  readonly unknownSchemas: ReadonlySet<number>
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
  place: Place,
  records: readonly LogRecord[],
  bytes: number,
  before: Pick<Position, 'incarnation' | 'effectiveMs'>,
): RecordColumns {
  const rows = new RecordRows(records.length, bytes, before.effectiveMs)
  for (const [row, record] of records.entries()) rows.put(row, record)
  return rows.columns(place, before.incarnation)
}

/** The columns while they are being filled, row by row. */
class RecordRows {
  readonly #arena: Arena
  readonly #ends: Uint32Array
  readonly #offsets: BigInt64Array
  readonly #appendTimes: BigInt64Array
  readonly #effectiveTimes: BigInt64Array
  readonly #contents: Places
  readonly #keys: Places
  readonly #headers: Places
  readonly #values: Places
  readonly #types: Uint8Array
  readonly #ids: Places
  readonly #bodies: Places
  readonly #reasons: Int32Array
  readonly #details: Places
  readonly #rejected = new Map<RejectionReason, number>()
  readonly #unknownSchemas = new Set<number>()
  readonly #skimmer = new RecordSkimmer()
  #effectiveMs: bigint

  constructor(rows: number, bytes: number, effectiveMs: bigint) {
    this.#arena = new Arena(bytes + rows * OVERHEAD_BYTES)
    this.#ends = new Uint32Array(rows)
    this.#offsets = new BigInt64Array(rows)
    this.#appendTimes = new BigInt64Array(rows)
    this.#effectiveTimes = new BigInt64Array(rows)
    this.#contents = new Places(rows)
    this.#keys = new Places(rows)
    this.#headers = new Places(rows)
    this.#values = new Places(rows)
    this.#types = new Uint8Array(rows)
    this.#ids = new Places(rows)
    this.#bodies = new Places(rows)
    this.#reasons = new Int32Array(rows)
    this.#details = new Places(rows)
    this.#effectiveMs = effectiveMs
  }

  put(row: number, record: LogRecord): void {
    if (record.appendTimeMs > this.#effectiveMs) this.#effectiveMs = record.appendTimeMs
    this.#offsets[row] = record.offset
    this.#appendTimes[row] = record.appendTimeMs
    this.#effectiveTimes[row] = this.#effectiveMs
    const arena = this.#arena
    const start = arena.end
    arena.content(record, row, this.#keys, this.#headers, this.#values)
    const contentLength = arena.end - start
    arena.digest(start, row, this.#contents)
    if (contentLength > RECORD_BYTES_MAX || !this.#skim(row, record.topic)) this.#decode(row, record)
    this.#ends[row] = arena.end
  }

  /** The short way, for usual records. */
  #skim(row: number, topic: string): boolean {
    const arena = this.#arena
    const skimmer = this.#skimmer
    const [headersAt] = this.#headers.of(row)
    const [valueAt, valueLength] = this.#values.of(row)
    if (!skimmer.skim({ topic, bytes: arena.bytes, headersAt, valueAt, valueLength })) return false
    const code = CODE_OF_TYPE.get(skimmer.type)!
    const { sourceAt, sourceLength, idAt, idLength } = skimmer
    this.#types[row] = code
    arena.digestOfParts(sourceAt, sourceLength, idAt, idLength, IDENTITY_BYTES, row, this.#ids)
    arena.digestOfValue(BODY_PREFIXES[code]!, valueAt, valueLength, IDENTITY_BYTES, row, this.#bodies)
    this.#details.setNull(row)
    return true
  }

  #decode(row: number, record: LogRecord): void {
    const arena = this.#arena
    const decoded = decodeRecord(record)
    if (decoded.outcome === 'decoded') {
      const { type, source, id } = decoded.event
      const code = CODE_OF_TYPE.get(type)!
      const [valueAt, valueLength] = this.#values.of(row)
      this.#types[row] = code
      arena.digestOfTexts([source, id], IDENTITY_BYTES, row, this.#ids)
      arena.digestOfValue(BODY_PREFIXES[code]!, valueAt, valueLength, IDENTITY_BYTES, row, this.#bodies)
      this.#details.setNull(row)
      return
    }
    this.#types[row] = NULL_NAME
    if (decoded.outcome === 'undecided') {
      // It waits for its schema: no event type and no reason, but what it is known by.
      const [valueAt, valueLength] = this.#values.of(row)
      this.#unknownSchemas.add(decoded.schemaId)
      arena.digestOfTexts([decoded.source, decoded.id], IDENTITY_BYTES, row, this.#ids)
      const prefix = Buffer.from(`${decoded.ceType}\0`)
      arena.digestOfValue(prefix, valueAt, valueLength, IDENTITY_BYTES, row, this.#bodies)
      this.#details.setNull(row)
      return
    }
    this.#reasons[row] = REJECTION_REASONS[decoded.reason]
    this.#rejected.set(decoded.reason, (this.#rejected.get(decoded.reason) ?? 0) + 1)
    this.#ids.setNull(row)
    this.#bodies.setNull(row)
    arena.text(decoded.detail.slice(0, DETAIL_CHARACTERS_MAX), row, this.#details)
  }

  columns({ topic, partition }: Place, incarnation: number): RecordColumns {
    const rows = this.#ends.length
    const rids = new BigInt64Array(rows)
    return {
      rows,
      arena: this.#arena.bytes,
      ends: this.#ends,
      columns: [
        numbers(rids),
        { kind: 'names', names: [topic], codes: new Uint8Array(rows) },
        numbers(new Int32Array(rows).fill(partition)),
        numbers(this.#offsets),
        numbers(new Int32Array(rows).fill(incarnation)),
        numbers(this.#appendTimes),
        numbers(this.#effectiveTimes),
        inArena(this.#contents),
        inArena(this.#keys),
        inArena(this.#headers),
        inArena(this.#values),
        { kind: 'names', names: EVENT_TYPES, codes: this.#types },
        inArena(this.#ids),
        inArena(this.#bodies),
        numbers(this.#reasons),
        inArena(this.#details),
      ],
      rids,
      rejected: this.#rejected,
      unknownSchemas: this.#unknownSchemas,
      effectiveMs: this.#effectiveMs,
      last: rows === 0 ? undefined : this.#lastRecord(rows - 1),
    }
  }

  #lastRecord(row: number): LastRecord {
    const [start, length] = this.#contents.of(row)
    // A copy: the arena is not kept for 32 bytes of it.
    const contentHash = Uint8Array.from(this.#arena.bytes.subarray(start, start + length))
    return { offset: this.#offsets[row]!, appendTimeMs: this.#appendTimes[row]!, contentHash }
  }
}

function numbers(values: BigInt64Array | Int32Array): NumbersColumn {
  return { kind: 'numbers', values }
}

function inArena({ places }: Places): BytesColumn {
  return { kind: 'bytes', places }
}
