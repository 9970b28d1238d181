import { describe, expect, test } from '@jest/globals'
import { contentHash } from '../../anchor/log/content-hash.ts'
import { decodeEntry, type EntryOutcome, encodeEntry } from '../../anchor/log/entry.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { rootHash } from '../../anchor/log/root-hash.ts'
import {
  ceTypeOf,
  cloudEventHeaders,
  contentBytes,
  decodeHeaders,
  decodeRecord,
  decodeValue,
  type EventOf,
  type EventType,
  encodeEvent,
  encodeHeaders,
  encodeValue,
  REJECTION_REASONS,
  type RecordHeader,
  TOPIC_OF_EVENT,
} from '../../schemas/index.ts'
import { hex, unhex } from '../anchor/vectors.ts'
import { readTaggedVectors } from '../vectors/tagged.ts'

interface ValueVector {
  readonly name: string
  readonly event: EventType
  readonly body: EventOf['body']
  readonly bytes: string
}
interface RecordVector {
  readonly topic: string
  readonly key: string | null
  readonly headers: readonly [string, string | null][]
  readonly value: string | null
  readonly event: EventOf | null
  readonly produced: boolean
  readonly outcome: EntryOutcome
  readonly reason: number
  readonly partition: number
  readonly incarnation: number
  readonly offset: string
  readonly effectiveTimeMs: string
  readonly headerBytes: string
  readonly content: string
  readonly entry: string
  readonly leafHash: string
}

const wire = readTaggedVectors<{
  cases: (ValueVector & { reason: string | null })[]
  otherForms: ValueVector[]
  refused: { name: string; bytes: string; reason: string }[]
  undecided: { name: string; schemaId: number; bytes: string }[]
}>('wire.json')
const ledger = readTaggedVectors<{
  time: string
  epochs: { epoch: number; treeSize: number; root: string; records: RecordVector[] }[]
}>('records.json')

/** The value in a record with good headers, on the topic of its type. */
function inGoodRecord(event: EventType, value: Uint8Array) {
  const attributes = { id: 'e-1', source: 'urn:source', type: ceTypeOf(event), time: ledger.time }
  return { topic: TOPIC_OF_EVENT[event], key: null, headers: cloudEventHeaders(attributes), value }
}

describe('wire format, golden vectors', () => {
  test('every event type has its ordinary, its extreme and its empty body', () => {
    for (const event of Object.keys(TOPIC_OF_EVENT)) {
      const names = wire.cases.filter((each) => each.event === event).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(['typical', 'extreme', 'empty']))
    }
  })

  test.each(wire.cases)(
    '$event, $name: the body is these bytes, and these bytes the body',
    ({ event, body, bytes }) => {
      expect(encodeValue(event, body as never).toString('hex')).toBe(bytes)
      expect(decodeValue(unhex(bytes))).toEqual({ outcome: 'decoded', type: event, body })
    },
  )

  test.each(wire.cases)('$event, $name: the ranges say $reason', ({ event, body, bytes, reason }) => {
    const decoded = decodeRecord(inGoodRecord(event, unhex(bytes)))
    if (reason === null) {
      expect(decoded).toEqual({ outcome: 'decoded', event: { type: event, source: 'urn:source', id: 'e-1', body } })
    } else {
      expect(decoded).toMatchObject({ outcome: 'rejected', reason })
    }
  })

  test.each(wire.otherForms)('$event, $name: read as the same body, never written', ({ event, body, bytes }) => {
    expect(decodeValue(unhex(bytes))).toEqual({ outcome: 'decoded', type: event, body })
    expect(encodeValue(event, body as never).toString('hex')).not.toBe(bytes)
  })

  test.each(wire.refused)('$name: $reason', ({ bytes, reason }) => {
    expect(decodeValue(unhex(bytes))).toMatchObject({ outcome: 'rejected', reason })
  })

  test.each(wire.undecided)('$name: not for its bytes alone to decide', ({ schemaId, bytes }) => {
    expect(decodeValue(unhex(bytes))).toEqual({ outcome: 'undecided', schemaId })
  })
})

const bytesOrNull = (digits: string | null) => (digits === null ? null : unhex(digits))
const contentOf = ({ key, headers, value }: RecordVector) => ({
  key: bytesOrNull(key),
  headers: headers.map(([name, header]): RecordHeader => [name, bytesOrNull(header)]),
  value: bytesOrNull(value),
})
const plainHeaders = (headers: readonly RecordHeader[]) =>
  headers.map(([name, value]) => [name, value === null ? null : hex(value)])
const records = ledger.epochs.flatMap((epoch) =>
  epoch.records.map((record) => ({ title: `${record.topic} ${record.offset}`, record })),
)

describe('whole records, golden vectors', () => {
  test.each(records.filter(({ record }) => record.produced))('$title: a producer writes it so', ({ record }) => {
    const made = encodeEvent(record.event!, ledger.time)
    expect(made.topic).toBe(record.topic)
    expect([hex(made.key), plainHeaders(made.headers), hex(made.value)]).toEqual([
      record.key,
      record.headers,
      record.value,
    ])
  })

  test.each(records)('$title: it decodes to what it says', ({ record }) => {
    const decoded = decodeRecord({ topic: record.topic, ...contentOf(record) })
    if (record.event === null) {
      expect(decoded.outcome === 'rejected' && REJECTION_REASONS[decoded.reason]).toBe(record.reason)
    } else {
      expect(decoded).toEqual({ outcome: 'decoded', event: record.event })
    }
  })

  test.each(records)('$title: headers, content, entry and leaf', ({ record }) => {
    const content = contentOf(record)
    expect(hex(encodeHeaders(content.headers))).toBe(record.headerBytes)
    expect(plainHeaders(decodeHeaders(unhex(record.headerBytes)))).toEqual(record.headers)
    expect(hex(contentBytes(content))).toContain(record.headerBytes)
    expect(hex(contentHash(content))).toBe(record.content)
    const entry = {
      topic: record.topic,
      partition: record.partition,
      incarnation: record.incarnation,
      offset: BigInt(record.offset),
      effectiveTimeMs: BigInt(record.effectiveTimeMs),
      outcome: record.outcome,
      reason: record.reason,
      content: contentHash(content),
    }
    expect(hex(encodeEntry(entry))).toBe(record.entry)
    expect(decodeEntry(unhex(record.entry))).toEqual(entry)
    expect(hex(leafHash(encodeEntry(entry)))).toBe(record.leafHash)
  })

  test('one tree grows from epoch to epoch', () => {
    const leaves: Uint8Array[] = []
    for (const epoch of ledger.epochs) {
      leaves.push(...epoch.records.map((record) => unhex(record.leafHash)))
      expect([leaves.length, hex(rootHash(leaves))]).toEqual([epoch.treeSize, epoch.root])
    }
    expect(ledger.epochs.length).toBeGreaterThan(1)
  })
})
