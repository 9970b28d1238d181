import { createRequire } from 'node:module'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import { KafkaHeaderReader } from './kafka-header-reader.ts'

// kafkajs 2.2.4 shows headers as an object: the order of interleaved names is lost (a, b, a), names like `7` move to the
// front, `constructor` comes back with a function, and a null value cannot be written at all. The order and null are part
// of what a record's hash covers, so its two codecs are taught to carry the list itself. It also knows no length below -1,
// which a broker takes for null. All places are reached by records only; the contract suite holds this against a real broker, and fails when a new kafkajs does it another way.

type Header = readonly [name: string, value: Uint8Array | null]

interface Decoder {
  readonly buffer: Buffer
  offset: number
  readVarInt(): number
  readVarIntBytes(): Buffer | null
  readVarIntArray(reader: unknown): unknown
}

interface Encoder {
  writeVarIntBytes(value: unknown): Encoder
}

const require = createRequire(import.meta.url)
const decoder = (require('kafkajs/src/protocol/decoder.js') as { prototype: Decoder }).prototype
const encoder = (require('kafkajs/src/protocol/encoder.js') as { prototype: Encoder }).prototype

/**
 * The headers of one record, not decoded until somebody asks. Nothing is made for them before that: a process that reads
 * millions of records would mostly collect garbage.
 */
export class UndecodedHeaders {
  readonly #record: Buffer
  readonly #start: number

  constructor(record: Buffer, start: number) {
    this.#record = record
    this.#start = start
  }

  /** Kafka's own bytes, for a {@link KafkaHeaderReader}. They share memory with the fetched batch. */
  get bytes(): Uint8Array {
    return this.#record.subarray(this.#start)
  }

  /** What the record decoder calls to fold a list of headers into an object; it keeps what it gets. */
  reduce(): this {
    return this
  }
}

// The record decoder calls `readVarIntArray(headerDecoder).reduce(foldIntoObject, {})` last of all, on a decoder of the bytes
// of one record.
decoder.readVarIntArray = function () {
  return new UndecodedHeaders(this.buffer, this.offset)
}

// Keys and values (and the records themselves). Any length below zero is null to Kafka's broker and Java client; kafkajs takes
// -1 only, and goes backwards for any other.
decoder.readVarIntBytes = function () {
  const length = this.readVarInt()
  if (length < 0) return null
  const start = this.offset
  this.offset += length
  return this.buffer.subarray(start, this.offset)
}

/** Stands for null where kafkajs sizes a header: no bytes either way. Written as null below. */
const NULL_VALUE = Buffer.alloc(0)
const writeVarIntBytes = encoder.writeVarIntBytes
encoder.writeVarIntBytes = function (value) {
  return writeVarIntBytes.call(this, value === NULL_VALUE ? null : value)
}

/** The headers of a message that this process's kafkajs received. */
export function headersOf(message: KafkaMessage): UndecodedHeaders {
  const headers: unknown = message.headers
  if (headers instanceof UndecodedHeaders) return headers
  throw new TypeError('kafkajs decoded the headers of a record in an unknown way.')
}

/** Headers in the record's order. Never throws. */
export function decodeKafkaHeaders(bytes: Uint8Array): readonly Header[] {
  const buffer = asBuffer(bytes)
  const reader = new KafkaHeaderReader(bytes)
  const headers: Header[] = []
  while (reader.next()) {
    const name = buffer.toString('utf8', reader.nameAt, reader.nameEnd)
    headers.push([name, reader.isNull ? null : buffer.subarray(reader.valueAt, reader.valueEnd)])
  }
  return headers
}

/** Headers as kafkajs writes them one to one: it flattens the object's values by `map` into a list of key and value. */
export function kafkaHeaders(headers: readonly Header[]): IHeaders {
  const entries = headers.map(([key, value]) => ({ key, value: value === null ? NULL_VALUE : asBuffer(value) }))
  return { list: Object.assign([], { map: () => entries }) }
}

/** The same bytes as a Buffer: kafkajs writes any other Uint8Array as its decimal text. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
