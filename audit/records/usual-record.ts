import { schemaOfEvent } from '../../schemas/avro-types.ts'
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
} from '../../schemas/envelope-bytes.ts'
import { ceTypeOf } from '../../schemas/events.ts'
import {
  BATCH_ITEMS_MAX,
  FEATURE_VALUE_MAX,
  IDENTIFIER_CHARACTERS_MAX,
  PROBABILITY_UNIT,
  QUOTE_ID_BYTES,
  UINT16_MAX,
  UNITS_MAX,
} from '../../schemas/limits.ts'
import { TOPIC_OF_EVENT } from '../../schemas/topics.ts'

// Uses and features as producers usually send them, read by their bytes alone: no text, no object, no exception. It says yes
// only where decodeRecord says `decoded`, and finds the same fields; to everything else, good or bad, it says that it does not
// know, and decodeRecord decides. test/audit/usual-record.test.ts holds one against the other on random and damaged records.

const WIRE_PREFIX_BYTES = 5
/** No amount below 2^96 needs more: 12 bytes and one for the sign. */
const AMOUNT_BYTES_MAX = 13
/** Longs of more bytes are not usual. */
const LONG_BYTES_MAX = 8
const SIGNATURE_BYTES = 65
/** Rows of more probabilities are not usual. */
const CLASSES_USUAL_MAX = 128

const USUAL_TYPES = ['InferenceRecorded', 'ContributionFeatures', 'InferenceFeatures'] as const
export type UsualType = (typeof USUAL_TYPES)[number]

const USUAL = new Map<number, { type: UsualType; topic: string; ceType: Uint8Array }>(
  USUAL_TYPES.map((type) => [
    schemaOfEvent(type).id,
    { type, topic: TOPIC_OF_EVENT[type], ceType: Buffer.from(ceTypeOf(type)) },
  ]),
)

/** Where the parts of a record lie in `bytes`; the headers are `u32 count ‖ (field(name) ‖ field(value))…`. */
export interface RecordPlaces {
  readonly bytes: Buffer
  readonly headersAt: number
  readonly headersEnd: number
  readonly valueAt: number
  readonly valueEnd: number
}

/** A slice of the record's bytes. */
export class Slice {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0

  get length(): number {
    return this.end - this.start
  }

  toString(): string {
    return this.bytes.toString('latin1', this.start, this.end)
  }

  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}

/** Reads many records one after the other; what was found is valid until the next one. */
export class UsualRecord {
  type: UsualType = 'InferenceRecorded'
  readonly source = new Slice()
  readonly id = new Slice()
  /** The producer's clock. */
  readonly time = new Slice()
  /** Of a use: its model. Of features: their map. */
  readonly name = new Slice()
  readonly infrastructure = new Slice()
  /** Empty where there was none. */
  readonly agent = new Slice()
  readonly payer = new Slice()
  readonly token = new Slice()
  /** Big-endian, not negative, below 2^96. */
  readonly fee = new Slice()
  commercial = false
  /** Sequence of the voucher that is cited. */
  voucher = 0
  /** Empty where there was none. */
  readonly priceList = new Slice()
  units = 0
  /** The first `units` of them, and of the quantities. */
  readonly unitNames = Array.from({ length: UNITS_MAX }, () => new Slice())
  readonly quantities = new Float64Array(UNITS_MAX)
  /** Empty where there was none. */
  readonly quoteId = new Slice()
  quoteExpiresMs = 0
  readonly quoteSignature = new Slice()
  /** Of features: (source, id) of the batch or the inference. */
  readonly ofSource = new Slice()
  readonly ofId = new Slice()
  index = 0
  readonly vector = new Slice()
  multiplier = 0
  /** The first `classes` of them. */
  readonly p = new Uint16Array(CLASSES_USUAL_MAX)
  classes = 0
  /** How many numbers of checkpoints there are. */
  checkpoints = 0
  label = 0
  p16 = 0
  readonly fingerprint = new Slice()
  readonly #places = new Int32Array(HEADERS)
  readonly #lengths = new Int32Array(HEADERS)
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0

  /** @returns whether this is a usual record; the size limit of records is the caller's to check */
  read(topic: string, { bytes, headersAt, headersEnd, valueAt, valueEnd }: RecordPlaces): boolean {
    if (valueEnd - valueAt < WIRE_PREFIX_BYTES || bytes[valueAt] !== 0) return false
    const usual = USUAL.get(u32(bytes, valueAt + 1))
    if (usual === undefined || usual.topic !== topic || !this.#envelope(bytes, headersAt, headersEnd)) return false
    const [typeAt, idAt, sourceAt] = [
      this.#places[HEADER.type]!,
      this.#places[HEADER.id]!,
      this.#places[HEADER.source]!,
    ]
    if (this.#lengths[HEADER.type] !== usual.ceType.length || !equals(bytes, typeAt, usual.ceType)) return false
    this.type = usual.type
    this.id.set(bytes, idAt, idAt + this.#lengths[HEADER.id]!)
    const timeAt = this.#places[HEADER.time]!
    this.time.set(bytes, timeAt, timeAt + this.#lengths[HEADER.time]!)
    this.source.set(bytes, sourceAt, sourceAt + this.#lengths[HEADER.source]!)
    this.#bytes = bytes
    this.#at = valueAt + WIRE_PREFIX_BYTES
    this.#end = valueEnd
    return this.#value() && this.#at === valueEnd
  }

  #value(): boolean {
    if (this.type === 'InferenceRecorded') return this.#use()
    return this.type === 'InferenceFeatures' ? this.#inferenceFeatures() : this.#contributionFeatures()
  }

  #use(): boolean {
    return (
      this.#identifier(this.name) &&
      this.#identifier(this.infrastructure) &&
      this.#identifierOrNone(this.agent) &&
      this.#ofLength(this.payer, 20) &&
      this.#ofLength(this.token, 20) &&
      this.#amount() &&
      this.#ofLength(this.fingerprint, 32) &&
      this.#ofLength(this.fingerprint, 32) &&
      this.#terms()
    )
  }

  /** What a use says of its price. */
  #terms(): boolean {
    const commercial = this.#at < this.#end ? this.#bytes[this.#at++]! : -1
    this.commercial = commercial === 1
    this.voucher = this.#natural()
    return (
      (commercial === 0 || commercial === 1) &&
      this.voucher >= 0 &&
      this.#identifierOrNone(this.priceList) &&
      this.#units() &&
      this.#quote() &&
      // Nothing was retrieved: a use with retrieved contributions is read with everything else.
      this.#int() === 0
    )
  }

  /** In one block, strictly ascending. */
  #units(): boolean {
    this.units = this.#int()
    if (this.units === 0) return true
    if (!(this.units > 0 && this.units <= UNITS_MAX)) return false
    for (let unit = 0; unit < this.units; unit++) {
      const name = this.unitNames[unit]!
      if (!this.#identifier(name)) return false
      if (unit > 0 && !ascends(this.unitNames[unit - 1]!, name)) return false
      this.quantities[unit] = this.#natural()
      if (!(this.quantities[unit]! >= 0)) return false
    }
    return this.#int() === 0
  }

  /** All of a quote, or nothing of it. */
  #quote(): boolean {
    if (!this.#bytesOf(this.quoteId)) return false
    this.quoteExpiresMs = this.#natural()
    if (!(this.quoteExpiresMs >= 0) || !this.#bytesOf(this.quoteSignature)) return false
    if (this.quoteId.length === 0) return this.quoteExpiresMs === 0 && this.quoteSignature.length === 0
    return this.quoteId.length === QUOTE_ID_BYTES && this.quoteSignature.length === SIGNATURE_BYTES
  }

  #inferenceFeatures(): boolean {
    if (!this.#reference() || !this.#numbers()) return false
    const kind = this.#int()
    this.p16 = this.#int()
    return (kind === 0 || kind === 1) && this.p16 >= 0 && this.p16 <= UINT16_MAX
  }

  #contributionFeatures(): boolean {
    if (!this.#reference()) return false
    this.index = this.#int()
    if (!(this.index >= 0 && this.index < BATCH_ITEMS_MAX) || !this.#numbers()) return false
    // No near pairs: those that there are, are read with everything else.
    return this.#ofLength(this.fingerprint, 32) && this.#int() === 0
  }

  #reference(): boolean {
    return this.#identifier(this.name) && this.#identifier(this.ofSource) && this.#identifier(this.ofId)
  }

  /** Vector, multiplier, probabilities, checkpoints and label. */
  #numbers(): boolean {
    if (!this.#bytesOf(this.vector) || !isVector(this.vector)) return false
    this.multiplier = this.#int()
    if (!(this.multiplier >= 0 && this.multiplier <= UINT16_MAX)) return false
    this.classes = this.#rows(CLASSES_USUAL_MAX, true)
    if (this.classes < 1) return false
    this.checkpoints = this.#rows(this.classes, false)
    if (this.checkpoints < 0) return false
    this.label = this.#int()
    return this.label >= 0 && this.label < this.classes
  }

  /**
   * An array of thousandths in one block, of which each row sums to about 1000.
   *
   * @param width of a row; of p itself, the most it may have
   * @returns     how many numbers, −1 when it is not usual
   */
  #rows(width: number, isP: boolean): number {
    const count = this.#int()
    if (count === 0) return isP ? -1 : 0
    if (!(count > 0) || (isP ? count > width : count % width !== 0)) return -1
    const row = isP ? count : width
    let sum = 0
    for (let i = 0; i < count; i++) {
      const value = this.#int()
      if (!(value >= 0 && value <= PROBABILITY_UNIT)) return -1
      if (isP) this.p[i] = value
      sum += value
      if ((i + 1) % row !== 0) continue
      if (Math.abs(sum - PROBABILITY_UNIT) > row) return -1
      sum = 0
    }
    return this.#int() === 0 ? count : -1
  }

  /** An Avro int of at most three bytes; NaN when it is longer, or is cut off. */
  #int(): number {
    const bytes = this.#bytes
    let zigzag = 0
    for (let shift = 0; shift <= 14; shift += 7) {
      if (this.#at >= this.#end) return Number.NaN
      const byte = bytes[this.#at++]!
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    return Number.NaN
  }

  /** An Avro long from 0 to 2^53 − 1; NaN when it is none, or is cut off. */
  #natural(): number {
    const bytes = this.#bytes
    if (this.#at < this.#end && bytes[this.#at]! & 1) return Number.NaN // negative
    let zigzag = 0
    for (let i = 0, unit = 1; i < LONG_BYTES_MAX && this.#at < this.#end; i++, unit *= 0x80) {
      const byte = bytes[this.#at++]!
      zigzag += (byte & 0x7f) * unit
      if (byte < 0x80) return zigzag / 2 <= Number.MAX_SAFE_INTEGER ? zigzag / 2 : Number.NaN
    }
    return Number.NaN
  }

  #bytesOf(slice: Slice): boolean {
    const length = this.#int()
    if (!(length >= 0 && length <= this.#end - this.#at)) return false
    slice.set(this.#bytes, this.#at, this.#at + length)
    this.#at += length
    return true
  }

  #ofLength(slice: Slice, length: number): boolean {
    return this.#bytesOf(slice) && slice.length === length
  }

  #identifier(slice: Slice): boolean {
    return this.#identifierOrNone(slice) && slice.length > 0
  }

  /** Text of ASCII: as many characters as bytes. */
  #identifierOrNone(slice: Slice): boolean {
    if (!this.#bytesOf(slice) || slice.length > IDENTIFIER_CHARACTERS_MAX) return false
    for (let i = slice.start; i < slice.end; i++) if (this.#bytes[i]! > 0x7f) return false
    return true
  }

  #amount(): boolean {
    if (!this.#bytesOf(this.fee)) return false
    const { length, start } = this.fee
    const first = this.#bytes[start]!
    return length >= 1 && length <= AMOUNT_BYTES_MAX && first <= 0x7f && (length < AMOUNT_BYTES_MAX || first === 0)
  }

  /** Whether each required header is there once and has a value of ASCII that the rules allow, and nothing follows the last. */
  #envelope(bytes: Buffer, headersAt: number, headersEnd: number): boolean {
    const places = this.#places.fill(-1)
    const lengths = this.#lengths
    const count = u32(bytes, headersAt)
    if (count < HEADERS || count > HEADERS_MAX) return false
    let at = headersAt + LENGTH_BYTES
    for (let header = 0; header < count; header++) {
      if (at + LENGTH_BYTES > headersEnd) return false
      const nameLength = u32(bytes, at)
      const nameAt = at + LENGTH_BYTES
      if (nameLength > headersEnd - nameAt - LENGTH_BYTES) return false
      const valueLength = u32(bytes, nameAt + nameLength)
      at = nameAt + nameLength + LENGTH_BYTES
      if (valueLength !== NULL_LENGTH && valueLength > headersEnd - at) return false
      // A name in letters beyond ASCII could be no UTF-8, and then there is no such header.
      if (!isAscii(bytes, nameAt, nameLength)) return false
      const index = indexOfHeader(bytes, nameAt, nameLength)
      if (index >= 0) {
        if (places[index] !== -1 || valueLength === 0 || valueLength === NULL_LENGTH) return false
        places[index] = at
        lengths[index] = valueLength
      }
      if (valueLength !== NULL_LENGTH) at += valueLength
    }
    if (at !== headersEnd) return false
    return isUsualEnvelope(bytes, places, lengths)
  }
}

function isVector({ bytes, start, end }: Slice): boolean {
  for (let i = start; i < end; i++) {
    const value = (bytes[i]! << 24) >> 24
    if (value > FEATURE_VALUE_MAX || value < -FEATURE_VALUE_MAX) return false
  }
  return true
}

/** Whether `b` comes after `a` by their bytes. */
function ascends(a: Slice, b: Slice): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [of, to] = [a.bytes[a.start + i]!, b.bytes[b.start + i]!]
    if (of !== to) return of < to
  }
  return a.length < b.length
}

function isAscii(bytes: Buffer, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i]! > 0x7f) return false
  return true
}
