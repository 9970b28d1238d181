import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { recordInference } from '../../client/src/record-inference.ts'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { type RecordColumns, recordColumns } from '../../pipelines/ingest/record-columns.ts'
import { decodeKafkaHeaders } from '../../pipelines/kafka-headers.ts'
import type { LogRecord } from '../../pipelines/record-source.ts'
import { NULL_LENGTH } from '../../pipelines/warehouse/column-append.ts'
import type { RecordHeader } from '../../schemas/cloud-events.ts'
import { type Decoded, decodeRecord } from '../../schemas/decode-record.ts'
import { ceTypeOf } from '../../schemas/events.ts'
import { contentBytes, decodeHeaders, encodeHeaders } from '../../schemas/record-bytes.ts'
import { REJECTION_REASONS } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { zigzag } from '../support/kafka/raw-produce.ts'
import { runs } from '../support/random-runs.ts'

const TOPIC = TOPICS.inferences
const PLACE = { topic: TOPIC, partition: 3 }
const BEFORE = { incarnation: 2, effectiveMs: 50n }

const sha256 = (...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const hex = (bytes: Uint8Array | null | undefined) => (bytes ? Buffer.from(bytes).toString('hex') : null)

/** What a record is known by: also one that waits for its schema. */
function knownBy(decoded: Decoded): { source: string; id: string; ceType: string } | undefined {
  if (decoded.outcome === 'decoded') return { ...decoded.event, ceType: ceTypeOf(decoded.event.type) }
  return decoded.outcome === 'undecided' ? decoded : undefined
}

/** A row by its definition in docs/formats.md. */
function expected(record: LogRecord, effectiveMs: bigint): unknown[] {
  const decoded = decodeRecord(record)
  const known = knownBy(decoded)
  return [
    record.topic,
    record.partition,
    record.offset,
    BEFORE.incarnation,
    record.appendTimeMs,
    effectiveMs,
    hex(sha256(contentBytes(record))),
    hex(record.key) ?? (record.key && ''),
    hex(encodeHeaders(record.headers)),
    hex(record.value),
    decoded.outcome === 'decoded' ? decoded.event.type : null,
    known ? hex(idHashOf(known.source, known.id)) : null,
    known ? hex(sha256(known.ceType, '\0', record.value!).subarray(0, 16)) : null,
    decoded.outcome === 'rejected' ? REJECTION_REASONS[decoded.reason] : 0,
    decoded.outcome === 'rejected' ? hex(Buffer.from(decoded.detail.slice(0, 300))) : null,
  ]
}

/** What the columns say of a row; texts of the arena as hex of their UTF-8. */
function rowOf({ columns, arena }: RecordColumns, row: number): unknown[] {
  return columns.slice(1).map((column) => {
    if (column.kind === 'numbers') return column.values[row]
    if (column.kind === 'names') return column.names[column.codes[row]!] ?? null
    const [start, length] = column.places.subarray(row * 2, row * 2 + 2)
    return length === NULL_LENGTH ? null : hex(arena.subarray(start, start! + length!))
  })
}

function rowsMatch(records: readonly LogRecord[]): RecordColumns {
  const columns = recordColumns(PLACE, records, 0, BEFORE)
  let effectiveMs = BEFORE.effectiveMs
  for (const [row, record] of records.entries()) {
    if (record.appendTimeMs > effectiveMs) effectiveMs = record.appendTimeMs
    expect(rowOf(columns, row)).toEqual(expected(record, effectiveMs))
  }
  expect(columns.effectiveMs).toBe(effectiveMs)
  return columns
}

/** Headers as Kafka's record format v2 has them. */
function kafkaBytes(headers: readonly (readonly [Uint8Array, Uint8Array | null])[]): Buffer {
  const field = (value: Uint8Array | null) => [...zigzag(value?.length ?? -1), ...(value ?? [])]
  return Buffer.from([
    ...zigzag(headers.length),
    ...headers.flatMap(([name, value]) => [...field(name), ...field(value)]),
  ])
}

/** The same record as the Kafka source hands it out. */
function fromKafka(record: LogRecord, headerBytes: Buffer): LogRecord {
  return { ...record, headers: decodeKafkaHeaders(headerBytes), headerBytes }
}

/** What Kafka may carry and what it may not: lengths below -1 and beyond the end, names of any bytes, any bytes at all. */
const oddHeaders: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((any) => Buffer.from(any)),
  fc
    .record({
      count: fc.option(fc.integer({ min: -3, max: 9 }), { nil: undefined, freq: 4 }),
      headers: fc.array(
        fc.record({
          name: fc.oneof(fc.constant(Buffer.from('ce_id')), fc.uint8Array({ maxLength: 9 })),
          nameLength: fc.option(fc.integer({ min: -3, max: 12 }), { nil: undefined, freq: 8 }),
          value: fc.oneof(
            fc.uint8Array({ maxLength: 9 }),
            fc.constantFrom(-1, -2, -3, -64, -65, -(2 ** 31), 2 ** 31 - 1),
          ),
        }),
        { maxLength: 6 },
      ),
    })
    .map(({ count, headers }) => {
      const value = (v: Uint8Array | number) => (typeof v === 'number' ? zigzag(v) : [...zigzag(v.length), ...v])
      return Buffer.from([
        ...zigzag(count ?? headers.length),
        ...headers.flatMap(({ name, nameLength, value: v }) => [
          ...zigzag(nameLength ?? name.length),
          ...name,
          ...value(v),
        ]),
      ])
    }),
)

const usual = recordInference({
  source: 'urn:gateway',
  id: 'use-1',
  model: 'digits',
  infrastructure: 'gateway',
  payer: `0x${'11'.repeat(20)}`,
  token: `0x${'22'.repeat(20)}`,
  fee: 5n,
  input: Buffer.from('input'),
  output: Buffer.from('output'),
  salt: Buffer.alloc(16),
  now: new Date(0),
}).record
const logged = (change: Partial<LogRecord> = {}): LogRecord => ({
  ...usual,
  partition: 3,
  offset: 7n,
  appendTimeMs: 100n,
  ...change,
})

const bytes = fc.option(fc.uint8Array({ maxLength: 80 }), { nil: null })
const header: fc.Arbitrary<[Uint8Array, Uint8Array | null]> = fc.tuple(
  fc.oneof(
    fc.constantFrom('ce_id', 'trace', '', 'é').map((name): Uint8Array => Buffer.from(name)),
    fc.uint8Array({ maxLength: 20 }),
  ),
  bytes,
)
const usualHeaders = usual.headers.map(([name, value]): [Uint8Array, Uint8Array | null] => [Buffer.from(name), value])
const anyRecord = fc
  .record({
    key: bytes,
    headers: fc.oneof(fc.array(header, { maxLength: 10 }), fc.constant(usualHeaders)),
    value: fc.oneof(bytes, fc.constant(usual.value), fc.constant(Buffer.from([0, 0, 0, 0, 99, 1]))),
    appendTimeMs: fc.bigInt({ min: -1n, max: 1n << 62n }),
  })
  .map(({ headers, ...rest }) => fromKafka(logged(rest), kafkaBytes(headers)))

describe('the columns of records', () => {
  test('promise 3: are those of the definition, from headers as a list and as Kafka has them', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 8 }), (records) => {
        const columns = rowsMatch(records)
        const listed = records.map(({ headerBytes, ...record }) => record)
        const again = rowsMatch(listed)
        expect(records.map((_, row) => rowOf(again, row))).toEqual(records.map((_, row) => rowOf(columns, row)))
      }),
      { numRuns: 500 },
    )
  })

  test('promise 3: are those of the definition for whatever bytes stand where headers should, and none throws', () => {
    fc.assert(
      fc.property(oddHeaders, (headerBytes) => {
        const columns = rowsMatch([fromKafka(logged(), headerBytes)])
        const stored = Buffer.from(String(rowOf(columns, 0)[8]), 'hex')
        const again = logged({ headers: decodeHeaders(stored) })
        // Once more from what was stored, as an audit has it: the same outcome.
        expect(rowOf(rowsMatch([again]), 0)).toEqual(rowOf(columns, 0))
      }),
      runs(3000),
    )
  })

  test.each([-2, -3, -64, -(2 ** 31)])('a header value of length %i is null, and what follows is read', (length) => {
    const bytes = Buffer.from([
      ...zigzag(2),
      ...zigzag(1),
      0x78,
      ...zigzag(length),
      ...zigzag(1),
      0x79,
      ...zigzag(1),
      0x7a,
    ])
    expect(decodeKafkaHeaders(bytes)).toEqual([
      ['x', null],
      ['y', Buffer.from('z')],
    ])
    rowsMatch([fromKafka(logged(), bytes)])
  })

  test('of a record that waits for its schema have what it is known by, and no type', () => {
    const waiting = logged({ value: Buffer.from([0, 0, 0, 0, 99, 1]) })
    expect(decodeRecord(waiting).outcome).toBe('undecided')
    expect(rowOf(rowsMatch([waiting]), 0).slice(10, 12)).toEqual([null, hex(idHashOf('urn:gateway', 'use-1'))])
  })

  test('a name that is no UTF-8 is hashed as the text that decoding makes of it', () => {
    const record = fromKafka(logged(), kafkaBytes([[Buffer.from([0xff]), Buffer.from('x')], ...usualHeaders]))
    expect(record.headers[0]![0]).toBe('\ufffd')
    rowsMatch([record])
  })

  test.each<[what: string, change: Partial<LogRecord>, reason: number]>([
    ['1 MiB of zeros', { value: Buffer.alloc(2 ** 20) }, REJECTION_REASONS.RECORD_TOO_LARGE],
    ['a little less than 1 MiB of zeros', { value: Buffer.alloc(2 ** 20 - 1_000) }, REJECTION_REASONS.SCHEMA_UNKNOWN],
    ['no value', { value: null }, REJECTION_REASONS.VALUE_MISSING],
    [
      'another magic byte',
      { value: Buffer.concat([Buffer.of(1), usual.value.subarray(1)]) },
      REJECTION_REASONS.WIRE_FORMAT_INVALID,
    ],
    ['a flood of 200,000 headers', { headers: flood(200_000) }, REJECTION_REASONS.RECORD_TOO_LARGE],
    ['100,000 headers beside the good ones', { headers: [...usual.headers, ...flood(100_000)] }, 0],
    ['100,000 headers alone', { headers: flood(100_000) }, REJECTION_REASONS.HEADER_MISSING],
    ['an id of 200,000 characters', { headers: withId('x'.repeat(200_000)) }, REJECTION_REASONS.HEADER_INVALID],
    ['a huge string in the value', { value: hugeString() }, REJECTION_REASONS.FIELD_INVALID],
    ['an append time in the year 9999', { appendTimeMs: 253_402_300_799_999n }, 0],
  ])('bad input is stored whole, with its reason: %s', (_, change, reason) => {
    const listed = logged(change)
    const raw = listed.headers.map(([name, value]) => [Buffer.from(name), value] as const)
    for (const record of [listed, fromKafka(listed, kafkaBytes(raw))]) {
      const columns = rowsMatch([record])
      expect(rowOf(columns, 0).at(-2)).toBe(reason)
    }
  })
})

function flood(count: number): RecordHeader[] {
  return Array.from({ length: count }, (_, index) => [`h${index}`, null])
}

function withId(id: string): RecordHeader[] {
  return usual.headers.map(([name, value]) => [name, name === 'ce_id' ? Buffer.from(id) : value])
}

/** The model is named by 500,000 characters. */
function hugeString(): Buffer {
  const model = Buffer.alloc(500_000, 'm')
  const rest = usual.value.subarray(5 + 1 + 'digits'.length)
  return Buffer.concat([usual.value.subarray(0, 5), Buffer.from(zigzag(model.length)), model, rest])
}
