import type { RecordHeader } from '../../schemas/cloud-events.ts'
import type { RawRecord } from '../../schemas/decode-record.ts'
import { OUTCOMES } from '../../schemas/rejection.ts'
import { differ } from '../difference.ts'
import { RECORDS_FILE } from '../files.ts'
import type { BytesColumn } from '../parquet/pages.ts'
import { type Columns, type TableGroup, textOf } from '../parquet/table.ts'
import { bytesOfDigest, DIGEST_BYTES, digest } from './digest.ts'
import type { RecordPlaces } from './usual-record.ts'

export const RECORDS = {
  topic: 'text',
  partition_id: 'integer',
  record_offset: 'bigint',
  incarnation: 'integer',
  effective_ms: 'bigint',
  outcome: 'integer',
  reason: 'integer',
  record_key: 'bytes?',
  headers: 'bytes',
  record_value: 'bytes?',
  content: 'bytes?',
} as const satisfies Columns

const LENGTH_BYTES = 4
const NULL_LENGTH = 0xffff_ffff
const GAP_BYTES = 16
const CONTENT_FIRST_BYTES = 4_096

/** Where an entry of a leaf begins behind its topic, and what is there (docs/formats.md#leaf). */
const LEAF_PREFIX = 0
const ENTRY_VERSION = 1
const TOPIC_AT = 1 + 1 + 4 + 2
const REST = { offset: 4, effective: 12, outcome: 20, reason: 21, content: 23, end: 55 }
const OUTCOME_MAX = 3
const REASON_MAX = 0xffff

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One row of records.parquet after the other; what it says is valid until the next one. */
export class CurrentRecord implements RecordPlaces {
  row = -1
  topic = ''
  partition = 0
  offset = 0n
  incarnation = 0
  effectiveMs = 0n
  /** As published. */
  outcome = 0
  reason = 0
  /** `field(key) ‖ headers ‖ field(value)`, and nothing after `valueEnd`. */
  bytes: Buffer = Buffer.alloc(CONTENT_FIRST_BYTES)
  keyBytes: number | null = null
  headersAt = 0
  headersEnd = 0
  valueAt = 0
  valueEnd = 0
  isValueNull = false
  /** SHA-256 of the content of a record whose value was erased, as published; its leaf says whether it is right. */
  erasedContent: string | undefined
  #entry = Buffer.alloc(TOPIC_AT + REST.end)
  #entryTopic: string | undefined
  #topicBytes = Buffer.alloc(0)

  /** @throws DifferenceFound a number is negative, or the topic is no text */
  load({ columns, firstRow }: TableGroup<typeof RECORDS>, index: number): void {
    this.row = firstRow + index
    this.#setTopic(columns.topic, index)
    this.partition = columns.partition_id.values[index]!
    this.offset = columns.record_offset.values[index]!
    this.incarnation = columns.incarnation.values[index]!
    this.effectiveMs = columns.effective_ms.values[index]!
    this.outcome = columns.outcome.values[index]!
    this.reason = columns.reason.values[index]!
    if (this.partition < 0 || this.offset < 0n || this.incarnation < 0 || this.effectiveMs < 0n)
      differ('records', this.where(), 'no negative number', 'one')
    this.#setErased(columns.content, columns.record_value, index)
    this.#setContent(columns.record_key, columns.headers, columns.record_value, index)
  }

  where(column?: string): string {
    return `${RECORDS_FILE} row ${this.row}${column === undefined ? '' : ` ${column}`}`
  }

  /** For a person. */
  place(): string {
    return `${this.topic}/${this.partition} offset ${this.offset}`
  }

  /** Hash of the content; 32 bytes. */
  contentHash(): Uint8Array {
    return bytesOfDigest(this.contentDigest())
  }

  /** The same as a text. */
  contentDigest(): string {
    return this.erasedContent ?? digest(this.bytes.subarray(0, this.valueEnd))
  }

  /** Hash of the leaf with the published outcome and reason. @throws DifferenceFound when a leaf has no place for them */
  leafDigest(): string {
    return digest(this.leafBytes(this.contentDigest()))
  }

  /** What {@link leafDigest} hashes; the content's stands at its end. Valid until the next record. */
  leafBytes(content: string): Buffer {
    if (this.outcome < 0 || this.outcome > OUTCOME_MAX)
      differ('leaves', this.where('outcome'), `0 to ${OUTCOME_MAX}`, this.outcome)
    if (this.reason < 0 || this.reason > REASON_MAX)
      differ('leaves', this.where('reason'), `0 to ${REASON_MAX}`, this.reason)
    if (this.#entryTopic !== this.topic) this.#startEntry()
    const entry = this.#entry
    const rest = TOPIC_AT + this.#topicBytes.length
    entry.writeUInt32BE(this.incarnation, 2)
    entry.writeUInt32BE(this.partition, rest)
    entry.writeBigUInt64BE(this.offset, rest + REST.offset)
    entry.writeBigUInt64BE(this.effectiveMs, rest + REST.effective)
    entry[rest + REST.outcome] = this.outcome
    entry.writeUInt16BE(this.reason, rest + REST.reason)
    entry.write(content, rest + REST.content, 'latin1')
    return entry
  }

  /** With headers one by one. The bytes are copies. @throws DifferenceFound when the headers are not what they must be */
  raw(): RawRecord {
    const { keyBytes } = this
    const copyOf = (start: number, end: number) => Uint8Array.from(this.bytes.subarray(start, end))
    return {
      topic: this.topic,
      key: keyBytes === null ? null : copyOf(LENGTH_BYTES, LENGTH_BYTES + keyBytes),
      headers: this.#headers(),
      value: this.isValueNull ? null : copyOf(this.valueAt, this.valueEnd),
    }
  }

  /** The offset behind it: of a gap the end of what was lost. @throws DifferenceFound of a gap that says anything else */
  end(): bigint {
    if (this.outcome !== OUTCOMES.gap) return this.offset + 1n
    const fail = (found: string): never => differ('records', this.where(), 'a gap: u64 from ‖ u64 to alone', found)
    const hasHeaders =
      this.headersEnd - this.headersAt !== LENGTH_BYTES || this.bytes.readUInt32BE(this.headersAt) !== 0
    const valueBytes = this.isValueNull ? 0 : this.valueEnd - this.valueAt
    if (this.keyBytes !== null || hasHeaders || valueBytes !== GAP_BYTES) return fail('other bytes')
    const [from, to] = [this.bytes.readBigUInt64BE(this.valueAt), this.bytes.readBigUInt64BE(this.valueAt + 8)]
    if (this.reason !== 0) fail(`reason ${this.reason}`)
    return from === this.offset && to > from ? to : fail(`from ${from} to ${to}`)
  }

  /** Only of a record without a value. */
  #setErased(content: BytesColumn, value: BytesColumn, index: number): void {
    this.erasedContent = undefined
    if (content.isNull?.[index] === 1) return
    const bytes = content.bytes.subarray(content.starts[index], content.ends[index])
    if (bytes.length !== DIGEST_BYTES) differ('records', this.where('content (bytes)'), DIGEST_BYTES, bytes.length)
    if (value.isNull?.[index] !== 1) differ('records', this.where('content'), 'nothing: the value is there', 'a hash')
    this.erasedContent = Buffer.from(bytes).toString('latin1')
  }

  /** Most records have the topic of the one before. */
  #setTopic({ bytes, starts, ends }: BytesColumn, index: number): void {
    const [start, end] = [starts[index]!, ends[index]!]
    if (this.#topicBytes.length === end - start && this.#topicBytes.compare(bytes, start, end) === 0) return
    const topic = bytes.subarray(start, end)
    this.topic = textOf(topic, () => this.where('topic'))
    this.#topicBytes = Buffer.from(topic)
  }

  #startEntry(): void {
    const topic = this.#topicBytes
    this.#entry = Buffer.alloc(TOPIC_AT + topic.length + REST.end)
    this.#entry[0] = LEAF_PREFIX
    this.#entry[1] = ENTRY_VERSION
    this.#entry.writeUInt16BE(topic.length, 6)
    topic.copy(this.#entry, TOPIC_AT)
    this.#entryTopic = this.topic
  }

  #setContent(key: BytesColumn, headers: BytesColumn, value: BytesColumn, index: number): void {
    const size = bytesOf(key, index) + bytesOf(headers, index) + bytesOf(value, index) + 2 * LENGTH_BYTES
    if (size > this.bytes.length) this.bytes = Buffer.alloc(size * 2)
    const { bytes } = this
    this.keyBytes = key.isNull?.[index] === 1 ? null : bytesOf(key, index)
    this.headersAt = putField(bytes, 0, key, index)
    this.headersEnd = this.headersAt + bytesOf(headers, index)
    headers.bytes.copy(bytes, this.headersAt, headers.starts[index], headers.ends[index])
    this.isValueNull = value.isNull?.[index] === 1
    this.valueAt = this.headersEnd + LENGTH_BYTES
    this.valueEnd = putField(bytes, this.headersEnd, value, index)
  }

  /** `u32 count ‖ (field(name) ‖ field(value))…` and nothing after it. */
  #headers(): RecordHeader[] {
    const { bytes, headersEnd: end } = this
    const fail = (found: string): never => differ('records', this.where('headers'), 'u32 count ‖ fields', found)
    let at = this.headersAt
    const u32 = (): number => {
      if (end - at < LENGTH_BYTES) fail('bytes that end inside a number')
      at += LENGTH_BYTES
      return bytes.readUInt32BE(at - LENGTH_BYTES)
    }
    const field = (): Uint8Array | null => {
      const length = u32()
      if (length === NULL_LENGTH) return null
      if (length > end - at) fail('bytes that end inside a field')
      at += length
      return Uint8Array.from(bytes.subarray(at - length, at))
    }
    const headers: RecordHeader[] = []
    for (let left = u32(); left > 0; left--) {
      const name = field() ?? fail('a name that is null')
      headers.push([decodeName(name, fail), field()])
    }
    if (at !== end) fail(`${end - at} bytes left over`)
    return headers
  }
}

/** 0 of null. */
function bytesOf({ starts, ends }: BytesColumn, index: number): number {
  return ends[index]! - starts[index]!
}

/** @returns where it ends */
function putField(bytes: Buffer, at: number, column: BytesColumn, index: number): number {
  const start = at + LENGTH_BYTES
  if (column.isNull?.[index] === 1) {
    bytes.writeUInt32BE(NULL_LENGTH, at)
    return start
  }
  const size = bytesOf(column, index)
  bytes.writeUInt32BE(size, at)
  column.bytes.copy(bytes, start, column.starts[index], column.ends[index])
  return start + size
}

function decodeName(name: Uint8Array, fail: (found: string) => never): string {
  try {
    return utf8.decode(name)
  } catch {
    return fail('a name that is no UTF-8') // the leaf could not be hashed from it
  }
}
