import { hash } from 'node:crypto'
import { KafkaHeaderReader } from '../kafka-header-reader.ts'
import type { LogRecord } from '../record-source.ts'
import { NULL_LENGTH } from '../warehouse/column-append.ts'

const LENGTH_BYTES = 4
const DIGEST_BYTES = 32
/** A UTF-16 code unit takes at most this many bytes of UTF-8. */
const UTF8_BYTES_MAX = 3
/** Fewer bytes than this are copied faster one by one than by a call. */
const LOOPED_BYTES_MAX = 64
/** Names of headers, of which a ledger sees few, as bytes; one that comes beyond this many is encoded each time. */
const NAMES_MAX = 256
const names = new Map<string, Uint8Array>()

/** Where the values of one column lie in an arena: start and length of each row. */
export class Places {
  readonly places: Uint32Array

  constructor(rows: number) {
    this.places = new Uint32Array(rows * 2)
  }

  set(row: number, start: number, length: number): void {
    this.places[row * 2] = start
    this.places[row * 2 + 1] = length
  }

  of(row: number): readonly [start: number, length: number] {
    return [this.places[row * 2]!, this.places[row * 2 + 1]!]
  }

  setNull(row: number): void {
    this.places[row * 2 + 1] = NULL_LENGTH
  }
}

/**
 * The bytes of many records one behind the other, as `record` stores and its hashes cover them. Nothing is copied twice: key,
 * headers and value are parts of the content that is hashed (docs/formats.md#leaf).
 */
export class Arena {
  bytes: Buffer
  /** How much of it is written. */
  end = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** Appends `field(key) ‖ headers ‖ field(value)` and says where each of them lies. */
  content(record: LogRecord, row: number, keys: Places, headers: Places, values: Places): void {
    this.#field(record.key, row, keys)
    const start = this.end
    if (record.headerBytes === undefined || !this.#kafkaHeaders(record.headerBytes)) this.#headers(record.headers)
    headers.set(row, start, this.end - start)
    this.#field(record.value, row, values)
  }

  /** Appends text as UTF-8. */
  text(text: string, row: number, places: Places): void {
    this.#reserve(text.length * UTF8_BYTES_MAX)
    const start = this.end
    this.end += this.bytes.write(text, start)
    places.set(row, start, this.end - start)
  }

  /** Appends the SHA-256 of what was written since `start`. */
  digest(start: number, row: number, places: Places): void {
    const end = this.end
    this.#putDigest(start, end)
    places.set(row, end, DIGEST_BYTES)
    this.end = end + DIGEST_BYTES
  }

  /** Appends the first `length` bytes of the SHA-256 of two stretches of itself, one behind the other. */
  digestOfParts(
    firstAt: number,
    firstLength: number,
    secondAt: number,
    secondLength: number,
    length: number,
    row: number,
    places: Places,
  ): void {
    const start = this.end
    this.#reserve(firstLength + secondLength)
    this.bytes.copyWithin(start, firstAt, firstAt + firstLength)
    this.bytes.copyWithin(start + firstLength, secondAt, secondAt + secondLength)
    this.end = start + firstLength + secondLength
    this.#replaceByDigest(start, length, row, places)
  }

  /** Appends the first `length` bytes of the SHA-256 of `u32 length ‖ text` for each text. */
  digestOfTexts(texts: readonly string[], length: number, row: number, places: Places): void {
    const start = this.end
    for (const text of texts) {
      this.#reserve(LENGTH_BYTES + text.length * UTF8_BYTES_MAX)
      const written = this.bytes.write(text, this.end + LENGTH_BYTES)
      this.#u32(written)
      this.end += written
    }
    this.#replaceByDigest(start, length, row, places)
  }

  /** Appends the first `length` bytes of the SHA-256 of `prefix` and a stretch of itself. */
  digestOfValue(
    prefix: Uint8Array,
    valueAt: number,
    valueLength: number,
    length: number,
    row: number,
    places: Places,
  ): void {
    const start = this.end
    this.#reserve(prefix.length + valueLength)
    this.#put(prefix)
    this.bytes.copyWithin(this.end, valueAt, valueAt + valueLength)
    this.end += valueLength
    this.#replaceByDigest(start, length, row, places)
  }

  /** The hashed bytes themselves are not kept. */
  #replaceByDigest(start: number, length: number, row: number, places: Places): void {
    const end = this.end
    this.end = start
    this.#putDigest(start, end)
    places.set(row, start, length)
    this.end = start + length
  }

  #putDigest(start: number, end: number): void {
    // As text of one byte a character: a Buffer for each digest takes three times as long.
    const digest = hash('sha256', this.bytes.subarray(start, end), 'binary')
    this.#reserve(DIGEST_BYTES)
    this.bytes.write(digest, this.end, 'latin1')
  }

  #field(value: Uint8Array | null, row: number, places: Places): void {
    this.#reserve(LENGTH_BYTES + (value?.length ?? 0))
    if (value === null) {
      this.#u32(NULL_LENGTH)
      places.setNull(row)
      return
    }
    this.#u32(value.length)
    places.set(row, this.end, value.length)
    this.#put(value)
  }

  #headers(headers: LogRecord['headers']): void {
    this.#reserve(LENGTH_BYTES)
    this.#u32(headers.length)
    for (const [text, value] of headers) {
      const name = nameBytes(text)
      this.#reserve(2 * LENGTH_BYTES + name.length + (value?.length ?? 0))
      this.#u32(name.length)
      this.#put(name)
      this.#u32(value === null ? NULL_LENGTH : value.length)
      if (value !== null) this.#put(value)
    }
  }

  /**
   * Headers from Kafka's own bytes. False, with nothing written, unless all names are ASCII: others are hashed as the text
   * that decoding makes of them, which may be other bytes.
   */
  #kafkaHeaders(kafka: Uint8Array): boolean {
    const start = this.end
    const reader = new KafkaHeaderReader(kafka)
    // Each header has at least two bytes there, and two lengths here.
    this.#reserve(LENGTH_BYTES + kafka.length * LENGTH_BYTES)
    this.end += LENGTH_BYTES
    let count = 0
    while (reader.next()) {
      const { nameAt, nameEnd, valueAt, valueEnd } = reader
      if (!isAscii(kafka, nameAt, nameEnd)) {
        this.end = start
        return false
      }
      this.#u32(nameEnd - nameAt)
      this.#copy(kafka, nameAt, nameEnd - nameAt)
      this.#u32(reader.isNull ? NULL_LENGTH : valueEnd - valueAt)
      this.#copy(kafka, valueAt, valueEnd - valueAt)
      count++
    }
    const { end } = this
    this.end = start
    this.#u32(count)
    this.end = end
    return true
  }

  #copy(from: Uint8Array, at: number, length: number): void {
    if (length > LOOPED_BYTES_MAX) {
      this.#put(from.subarray(at, at + length))
      return
    }
    const { bytes, end } = this
    for (let i = 0; i < length; i++) bytes[end + i] = from[at + i]!
    this.end = end + length
  }

  #u32(value: number): void {
    const { bytes, end } = this
    bytes[end] = value >>> 24
    bytes[end + 1] = value >>> 16
    bytes[end + 2] = value >>> 8
    bytes[end + 3] = value
    this.end = end + LENGTH_BYTES
  }

  #put(value: Uint8Array): void {
    this.bytes.set(value, this.end)
    this.end += value.length
  }

  #reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.end + length, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}

function isAscii(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i]! > 0x7f) return false
  return true
}

function nameBytes(name: string): Uint8Array {
  const known = names.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(name)
  if (names.size < NAMES_MAX) names.set(name, bytes)
  return bytes
}
