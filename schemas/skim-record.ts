import { schemaOfEvent } from './avro-types.ts'
import {
  equals,
  HEADER,
  HEADERS,
  HEADERS_MAX,
  indexOfHeader,
  isUsualEnvelope,
  LENGTH_BYTES,
  NULL_LENGTH,
  u32,
} from './envelope-bytes.ts'
import { ceTypeOf, type EventType } from './events.ts'
import { IDENTIFIER_CHARACTERS_MAX, QUOTE_ID_BYTES, UNITS_MAX } from './limits.ts'
import { TOPIC_OF_EVENT } from './topics.ts'

// The usual record, recognised by its bytes alone: no text, no object, no exception. It says yes only where decodeRecord
// says `decoded`, for the same event type, source and id. To everything else, good or bad, it says that it does not know,
// and decodeRecord decides. test/schemas/skim-record.test.ts holds one against the other on random and damaged records.

/** No amount below 2^96 needs more: 12 bytes and one for the sign. */
const AMOUNT_BYTES_MAX = 13
const WIRE_PREFIX_BYTES = 5

/** The usual events: what their fields must be, in their order. Each step returns where the next field begins, or -1. */
const FIELDS: { readonly [Type in EventType]?: readonly Step[] } = {
  InferenceRecorded: [
    ...[identifier, identifier, optional(identifier)],
    ...[ofLength(20), ofLength(20), amount, ofLength(32), ofLength(32)],
    ...[boolean, naturalLong, optional(identifier), units, quote, nothingRetrieved],
  ],
}

type Step = (bytes: Uint8Array, at: number, end: number) => number

interface Usual {
  readonly type: EventType
  readonly topic: string
  readonly ceType: Uint8Array
  readonly steps: readonly Step[]
}

const USUAL = new Map<number, Usual>(
  (Object.keys(FIELDS) as EventType[]).map((type) => [
    schemaOfEvent(type).id,
    { type, topic: TOPIC_OF_EVENT[type], ceType: Buffer.from(ceTypeOf(type)), steps: FIELDS[type]! },
  ]),
)

/** Where the content of a record lies in `bytes`, as `contentBytes` writes it. */
export interface ContentPlace {
  readonly topic: string
  readonly bytes: Uint8Array
  /** Of the count of headers. */
  readonly headersAt: number
  readonly valueAt: number
  readonly valueLength: number
}

/** Reads many records one after the other; what was found is valid until the next one. */
export class RecordSkimmer {
  type: EventType = 'InferenceRecorded'
  /** Where `u32 length ‖ ce_source` and `u32 length ‖ ce_id` begin in the bytes, and how long they are. */
  sourceAt = 0
  sourceLength = 0
  idAt = 0
  idLength = 0
  readonly #places = new Int32Array(HEADERS)
  readonly #lengths = new Int32Array(HEADERS)

  /** @returns whether this is a usual record; the size limit of records is the caller's to check */
  skim({ topic, bytes, headersAt, valueAt, valueLength }: ContentPlace): boolean {
    if (valueLength < WIRE_PREFIX_BYTES || valueLength === NULL_LENGTH || bytes[valueAt] !== 0) return false
    const usual = USUAL.get(u32(bytes, valueAt + 1))
    if (usual === undefined || usual.topic !== topic || !this.#envelope(bytes, headersAt)) return false
    const places = this.#places
    const lengths = this.#lengths
    if (lengths[HEADER.type] !== usual.ceType.length || !equals(bytes, places[HEADER.type]!, usual.ceType)) return false
    const end = valueAt + valueLength
    let at = valueAt + WIRE_PREFIX_BYTES
    for (const step of usual.steps) {
      at = step(bytes, at, end)
      if (at < 0) return false
    }
    if (at !== end) return false
    this.type = usual.type
    this.sourceAt = places[HEADER.source]! - LENGTH_BYTES
    this.sourceLength = lengths[HEADER.source]! + LENGTH_BYTES
    this.idAt = places[HEADER.id]! - LENGTH_BYTES
    this.idLength = lengths[HEADER.id]! + LENGTH_BYTES
    return true
  }

  /** Whether each required header is there once and has a value of ASCII that the rules allow. */
  #envelope(bytes: Uint8Array, headersAt: number): boolean {
    const places = this.#places.fill(-1)
    const lengths = this.#lengths
    const count = u32(bytes, headersAt)
    if (count < HEADERS || count > HEADERS_MAX) return false
    let at = headersAt + LENGTH_BYTES
    for (let header = 0; header < count; header++) {
      const nameLength = u32(bytes, at)
      const nameAt = at + LENGTH_BYTES
      const valueLength = u32(bytes, nameAt + nameLength)
      at = nameAt + nameLength + LENGTH_BYTES
      const index = indexOfHeader(bytes, nameAt, nameLength)
      if (index >= 0) {
        if (places[index] !== -1 || valueLength === 0 || valueLength === NULL_LENGTH) return false
        places[index] = at
        lengths[index] = valueLength
      }
      if (valueLength !== NULL_LENGTH) at += valueLength
    }
    return isUsualEnvelope(bytes, places, lengths)
  }
}

/** An Avro length of one or two bytes; `lengthAt` is where what it measures begins. -1 for any other. */
function shortLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const low = bytes[at]!
  const isLong = low > 0x7f
  const high = isLong ? bytes[at + 1]! : 0
  if ((isLong && at + 1 >= end) || high > 0x7f) return -1
  const zigzag = (low & 0x7f) | (high << 7)
  return zigzag & 1 ? -1 : zigzag >>> 1
}

function behindLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! > 0x7f ? at + 2 : at + 1
}

/** Text of ASCII: as many characters as bytes. */
function identifier(bytes: Uint8Array, at: number, end: number): number {
  const length = shortLength(bytes, at, end)
  if (length < 1 || length > IDENTIFIER_CHARACTERS_MAX) return -1
  const start = behindLength(bytes, at)
  if (start + length > end) return -1
  for (let i = start; i < start + length; i++) if (bytes[i]! > 0x7f) return -1
  return start + length
}

function ofLength(expected: number): Step {
  return (bytes, at, end) => {
    if (shortLength(bytes, at, end) !== expected) return -1
    const next = behindLength(bytes, at) + expected
    return next > end ? -1 : next
  }
}

/** Not negative, below 2^96. */
function amount(bytes: Uint8Array, at: number, end: number): number {
  const length = shortLength(bytes, at, end)
  if (length < 1 || length > AMOUNT_BYTES_MAX) return -1
  const start = behindLength(bytes, at)
  if (start + length > end) return -1
  const first = bytes[start]!
  if (first > 0x7f || (length === AMOUNT_BYTES_MAX && first !== 0)) return -1
  return start + length
}

function boolean(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at]! <= 1 ? at + 1 : -1
}

/** Bytes of a zigzag varint below 2^56: the larger ones are not usual, and quantities stay below 2^53. */
const NATURAL_BYTES_MAX = 8
/** Zigzag varints of 8 bytes hold 55 bits of a number that is not negative; the last byte's upper bits go beyond 2^53. */
const QUANTITY_LAST_BYTE_MAX = 0x1f

/** A long that is not negative, where it ends; a longer one than usual is -1. */
function naturalLong(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end && i < at + NATURAL_BYTES_MAX; i++) {
    if (bytes[i]! > 0x7f) continue
    return bytes[at]! & 1 ? -1 : i + 1
  }
  return -1
}

/** Below 2^53. */
function quantity(bytes: Uint8Array, at: number, end: number): number {
  const next = naturalLong(bytes, at, end)
  return next - at === NATURAL_BYTES_MAX && bytes[next - 1]! > QUANTITY_LAST_BYTE_MAX ? -1 : next
}

/** Nothing, or what the step wants. */
function optional(step: Step): Step {
  return (bytes, at, end) => (at < end && bytes[at] === 0 ? at + 1 : step(bytes, at, end))
}

/** At most one block, without its size, of units that ascend. */
function units(bytes: Uint8Array, at: number, end: number): number {
  const count = shortLength(bytes, at, end)
  if (count === 0) return behindLength(bytes, at)
  if (count < 0 || count > UNITS_MAX) return -1
  let next = behindLength(bytes, at)
  let before = -1
  for (let unit = 0; unit < count; unit++) {
    const own = next
    const behind = identifier(bytes, own, end)
    if (behind < 0 || (before >= 0 && !ascends(bytes, before, own))) return -1
    next = quantity(bytes, behind, end)
    if (next < 0) return -1
    before = own
  }
  return next < end && bytes[next] === 0 ? next + 1 : -1
}

/** Whether the text at `b` comes after that at `a`, by their bytes. */
function ascends(bytes: Uint8Array, a: number, b: number): boolean {
  const [lengthA, lengthB] = [shortLength(bytes, a, bytes.length), shortLength(bytes, b, bytes.length)]
  const [atA, atB] = [behindLength(bytes, a), behindLength(bytes, b)]
  for (let i = 0; i < lengthA && i < lengthB; i++)
    if (bytes[atA + i] !== bytes[atB + i]) return bytes[atA + i]! < bytes[atB + i]!
  return lengthA < lengthB
}

/** Uses with retrieved contributions are read with everything else. */
function nothingRetrieved(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at] === 0 ? at + 1 : -1
}

const quoteIdBytes = ofLength(QUOTE_ID_BYTES)
const signatureBytes = ofLength(65)

/** All of a quote, or nothing of it. */
function quote(bytes: Uint8Array, at: number, end: number): number {
  if (at + 3 <= end && bytes[at] === 0) return bytes[at + 1] === 0 && bytes[at + 2] === 0 ? at + 3 : -1
  const expires = quoteIdBytes(bytes, at, end)
  const signature = expires < 0 ? -1 : naturalLong(bytes, expires, end)
  return signature < 0 ? -1 : signatureBytes(bytes, signature, end)
}
