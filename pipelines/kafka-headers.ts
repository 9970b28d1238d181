import { createRequire } from 'node:module'
import type { IHeaders, KafkaMessage } from 'kafkajs'

// kafkajs 2.2.4 shows headers as an object: the order of interleaved names is lost (a, b, a), names like `7` move to the
// front, `constructor` comes back with a function, and a null value cannot be written at all. The order and null are part
// of what a record's hash covers, so its two codecs are taught to carry the list itself. Both places are reached by record
// headers only; the contract suite holds this against a real broker, and fails when a new kafkajs does it another way.

type Header = readonly [name: string, value: Uint8Array | null]

interface Decoder {
  readVarInt(): number
  readVarIntString(): string
  readVarIntBytes(): Buffer | null
  readVarIntArray(reader: unknown): unknown
}

interface Encoder {
  writeVarIntBytes(value: unknown): Encoder
}

const require = createRequire(import.meta.url)
const decoder = (require('kafkajs/src/protocol/decoder.js') as { prototype: Decoder }).prototype
const encoder = (require('kafkajs/src/protocol/encoder.js') as { prototype: Encoder }).prototype

// The record decoder calls `readVarIntArray(headerDecoder).reduce(foldIntoObject, {})` and keeps what it returns.
decoder.readVarIntArray = function () {
  const headers: Header[] = []
  for (let left = this.readVarInt(); left > 0; left--) headers.push([this.readVarIntString(), this.readVarIntBytes()])
  return { reduce: () => headers }
}

/** Stands for null where kafkajs sizes a header: no bytes either way. Written as null below. */
const NULL_VALUE = Buffer.alloc(0)
const writeVarIntBytes = encoder.writeVarIntBytes
encoder.writeVarIntBytes = function (value) {
  return writeVarIntBytes.call(this, value === NULL_VALUE ? null : value)
}

/** The headers of a message that this process's kafkajs received, in the record's order. */
export function headersOf(message: KafkaMessage): readonly Header[] {
  const headers: unknown = message.headers
  if (!Array.isArray(headers)) throw new TypeError('kafkajs decoded the headers of a record in an unknown way.')
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
