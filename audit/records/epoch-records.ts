import { parseHeaders } from '../../schemas/cloud-events.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { ceTypeOf, DECISION_ORDER, type DecidedEventType, type EventOf } from '../../schemas/events.ts'
import { RECORD_BYTES_MAX } from '../../schemas/limits.ts'
import { producerTimeMs, producerTimeOf } from '../../schemas/producer-time.ts'
import { NO_REGISTERED_SCHEMAS, type RegisteredSchemas } from '../../schemas/registered-schemas.ts'
import { OUTCOMES, REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { decodeValue } from '../../schemas/wire-format.ts'
import type { EpochBundle } from '../bundle.ts'
import { differ } from '../difference.ts'
import { type ErasedRecord, erasurePlace } from '../erasures.ts'
import { ERASURES_FILE } from '../files.ts'
import { BodyArena } from './body-arena.ts'
import type { CurrentRecord } from './current-record.ts'
import { FeaturesBody } from './features-body.ts'
import { KEY_WORDS, KeyWriter, putHash } from './id-table.ts'
import type { Texts } from './text-table.ts'
import { TYPE_NUMBERS } from './type-numbers.ts'
import { UseBody } from './use-body.ts'
import { UsualRecord } from './usual-record.ts'

/** Not one of the types of `DECISION_ORDER`. */
const UNDECODED = 0xff
const WAITING = 0xfe
/** No outcome yet. */
const UNDECIDED = 0xff

/** What tells of items, and may be erased. */
const ERASABLE_TYPES = ['ContributionFeatures', 'ContributionText'] as const

/** A record that waits for a schema, whole. */
interface WaitingRecord {
  readonly row: number
  readonly raw: ReturnType<CurrentRecord['raw']>
}

/**
 * The records of one epoch, as much of each as deciding needs: 67 bytes a record in typed arrays, and its body. A use's body
 * has 48 bytes, 12 for each unit and 24 for each retrieved contribution, features have their vector, two bytes a probability and 84 bytes; all other types keep their value and id.
 */
export class EpochRecords {
  readonly rows: number
  /** Body of each record that has one. */
  readonly bodies: Float64Array
  readonly sources: Uint32Array
  /** Four words of each record: of its (source, id), and of its value's hash. */
  readonly keys: Uint32Array
  readonly values: Uint32Array
  readonly arena = new BodyArena()
  readonly uses: UseBody
  readonly features: FeaturesBody
  readonly #types: Uint8Array
  /** 1: a use whose producer's clock stood before the last cut. */
  readonly #late: Uint8Array
  readonly #lastCutMs: bigint | undefined
  readonly #effective: Float64Array
  readonly #offsets: BigInt64Array
  readonly #published: { readonly outcomes: Uint8Array; readonly reasons: Uint16Array }
  readonly #decided: { readonly outcomes: Uint8Array; readonly reasons: Uint16Array }
  readonly #partitions: { readonly firstRow: number; readonly topic: string; readonly partition: number }[] = []
  /** Its rows stand together. */
  readonly #registry = { from: 0, to: 0 }
  readonly #texts: Texts
  readonly #usual = new UsualRecord()
  readonly #keyWriter = new KeyWriter()
  #waiting: WaitingRecord[] = []
  readonly #erasures: EpochBundle['erasures']
  readonly #erased = new Map<number, ErasedRecord>()

  /**
   * @param lastCutMs time of the cut of the epoch before; undefined in the first one
   * @param erasures  what the bundle says of its erased records
   */
  constructor(
    rows: number,
    texts: Texts,
    lastCutMs: bigint | undefined,
    erasures: EpochBundle['erasures'] = new Map(),
  ) {
    this.rows = rows
    this.#erasures = erasures
    this.#texts = texts
    this.bodies = new Float64Array(rows)
    this.sources = new Uint32Array(rows)
    this.keys = new Uint32Array(rows * KEY_WORDS)
    this.values = new Uint32Array(rows * KEY_WORDS)
    this.#types = new Uint8Array(rows).fill(UNDECODED)
    this.#late = new Uint8Array(rows)
    this.#lastCutMs = lastCutMs
    this.#effective = new Float64Array(rows)
    this.#offsets = new BigInt64Array(rows)
    this.#published = { outcomes: new Uint8Array(rows), reasons: new Uint16Array(rows) }
    this.#decided = { outcomes: new Uint8Array(rows).fill(UNDECIDED), reasons: new Uint16Array(rows) }
    this.uses = new UseBody(this.arena)
    this.features = new FeaturesBody(this.arena)
  }

  /** Takes over what a record says; its outcome and reason have places in a leaf. */
  add(record: CurrentRecord): void {
    const { row } = record
    this.#effective[row] = Number(record.effectiveMs)
    this.#offsets[row] = record.offset
    this.#published.outcomes[row] = record.outcome
    this.#published.reasons[row] = record.reason
    const last = this.#partitions.at(-1)
    if (last?.topic !== record.topic || last.partition !== record.partition)
      this.#partitions.push({ firstRow: row, topic: record.topic, partition: record.partition })
    if (record.topic === TOPICS.registry) {
      if (this.#registry.to === 0) this.#registry.from = row
      this.#registry.to = row + 1
    }
    if (record.erasedContent !== undefined) {
      this.#addErased(record)
      return
    }
    if (record.outcome === OUTCOMES.gap) {
      this.#decided.outcomes[row] = OUTCOMES.gap
      return
    }
    if (record.valueEnd <= RECORD_BYTES_MAX && !record.isValueNull && this.#usual.read(record.topic, record)) {
      putHash(record.bytes.subarray(record.valueAt, record.valueEnd), this.values, row * KEY_WORDS)
      this.#addUsual(row)
      return
    }
    this.#addRaw(row, record.raw(), NO_REGISTERED_SCHEMAS, true)
  }

  /** What is said of a row whose value was erased. */
  erasedOf(row: number): ErasedRecord | undefined {
    return this.#erased.get(row)
  }

  /** The schemas of the cut are decided: now the values written with them can be read. */
  readWaiting(schemas: RegisteredSchemas): void {
    for (const { row, raw } of this.#waiting) this.#addRaw(row, raw, schemas, false)
    this.#waiting = []
  }

  /** Rows of some types, in accept order within the epoch. */
  rowsOf(...types: readonly DecidedEventType[]): Uint32Array {
    const isWanted = new Uint8Array(UNDECODED + 1)
    for (const type of types) isWanted[TYPE_NUMBERS[type]] = 1
    let count = 0
    for (const type of this.#types) count += isWanted[type]!
    const rows = new Uint32Array(count)
    count = 0
    for (let row = 0; row < this.rows; row++) if (isWanted[this.#types[row]!] === 1) rows[count++] = row
    return rows.sort((a, b) => this.compareRows(a, b))
  }

  /** Accept order of two rows: by effective time, the registry first, then as they stand, by topic, partition and offset. */
  compareRows(a: number, b: number): number {
    return (
      this.#effective[a]! - this.#effective[b]! ||
      Number(this.#isOfRegistry(b)) - Number(this.#isOfRegistry(a)) ||
      a - b
    )
  }

  /** Effective time, Unix milliseconds. */
  effectiveMs(row: number): bigint {
    return BigInt(this.#effective[row]!)
  }

  /** Whether it is a use that its producer's clock places before the cut of the epoch before. */
  isLate(row: number): boolean {
    return this.#late[row] === 1
  }

  /** The event of a row whose type has no body of its own kind. */
  eventOf(row: number, type: DecidedEventType, schemas: RegisteredSchemas): EventOf<DecidedEventType> {
    const place = this.bodies[row]!
    const slab = this.arena.slabOf(place)
    const at = this.arena.byteIn(place)
    const idEnd = at + 8 + slab.readUInt32LE(at)
    const value = slab.subarray(idEnd, idEnd + slab.readUInt32LE(at + 4))
    const decoded = decodeValue(value, schemas)
    if (decoded.outcome !== 'decoded') throw new RangeError(`Row ${row} was decoded before.`)
    const source = this.#texts.names.textOf(this.sources[row]!)
    return { type, source, id: slab.toString('utf8', at + 8, idEnd), body: decoded.body } as EventOf<DecidedEventType>
  }

  typeOf(row: number): DecidedEventType | undefined {
    return DECISION_ORDER[this.#types[row]!]
  }

  decide(row: number, outcome: number, reason: RejectionReason | undefined): void {
    this.#decided.outcomes[row] = outcome
    this.#decided.reasons[row] = reason === undefined ? 0 : REJECTION_REASONS[reason]
  }

  /** The published decision, unasked. */
  takeOver(row: number): void {
    this.#decided.outcomes[row] = this.#published.outcomes[row]!
    this.#decided.reasons[row] = this.#published.reasons[row]!
  }

  decisionOf(row: number): { outcome: number; reason: number } {
    return { outcome: this.#decided.outcomes[row]!, reason: this.#decided.reasons[row]! }
  }

  publishedOf(row: number): { outcome: number; reason: number } {
    return { outcome: this.#published.outcomes[row]!, reason: this.#published.reasons[row]! }
  }

  /** The first row, from `from` on, whose decision is not the published one; −1 when there is none. */
  firstWrongRow(): number {
    for (let row = 0; row < this.rows; row++) {
      const isSame =
        this.#decided.outcomes[row] === this.#published.outcomes[row] &&
        this.#decided.reasons[row] === this.#published.reasons[row]
      if (!isSame) return row
    }
    return -1
  }

  /** For a person: topic, partition and offset of a row. */
  placeOf(row: number): string {
    const { topic, partition } = this.#partitions.findLast(({ firstRow }) => firstRow <= row)!
    return `${topic}/${partition} offset ${this.#offsets[row]}`
  }

  #isOfRegistry(row: number): boolean {
    return row >= this.#registry.from && row < this.#registry.to
  }

  /** Without its value, only what used up its id can be decided again: a refusal stands as it is published. */
  #addErased(record: CurrentRecord): void {
    const { row } = record
    const said = this.#erasures.get(erasurePlace(record))
    if (said === undefined)
      differ('erasures', record.where('record_value'), `an entry of ${ERASURES_FILE}, or a value`, 'none')
    this.#erased.set(row, said)
    const headers = parseHeaders(record.raw().headers)
    if (record.outcome === OUTCOMES.rejected) {
      this.takeOver(row)
      return
    }
    const type = headers.outcome === 'parsed' ? headers.attributes.type : undefined
    const told = ERASABLE_TYPES.find((erasable) => ceTypeOf(erasable) === type)
    if (headers.outcome !== 'parsed' || told === undefined)
      differ('erasures', record.where('headers'), ERASABLE_TYPES.map(ceTypeOf).join(' or '), type)
    this.#types[row] = TYPE_NUMBERS[told]
    this.sources[row] = this.#texts.names.numberOf(headers.attributes.source)
    this.#keyWriter.putTexts(headers.attributes.source, headers.attributes.id, this.keys, row * KEY_WORDS)
  }

  /** Every record that the bundle lists as erased is one. @throws DifferenceFound */
  checkErasures(): void {
    const places = new Set([...this.#erased.values()].map(erasurePlace))
    const other = [...this.#erasures.keys()].find((place) => !places.has(place))
    if (other !== undefined) differ('erasures', `${ERASURES_FILE} (${other})`, 'a record without its value', 'a record')
  }

  get erased(): ReadonlyMap<number, ErasedRecord> {
    return this.#erased
  }

  #addUsual(row: number): void {
    const usual = this.#usual
    this.#types[row] = TYPE_NUMBERS[usual.type]
    if (usual.type === 'InferenceRecorded' && this.#lastCutMs !== undefined) this.#noteTime(row, usual.time.toString())
    this.sources[row] = this.#texts.names.numberOfBytes(usual.source.bytes, usual.source.start, usual.source.end)
    this.#keyWriter.put(usual.source, usual.id, this.keys, row * KEY_WORDS)
    this.bodies[row] =
      usual.type === 'InferenceRecorded'
        ? this.uses.addUsual(usual, this.#texts)
        : this.features.addUsual(usual, this.#texts, this.#keyWriter)
  }

  #noteTime(row: number, time: string): void {
    if (this.#lastCutMs !== undefined && producerTimeMs(time) < this.#lastCutMs) this.#late[row] = 1
  }

  #addRaw(row: number, raw: WaitingRecord['raw'], schemas: RegisteredSchemas, mayWait: boolean): void {
    const decoded = decodeRecord(raw, schemas)
    if (decoded.outcome === 'rejected') {
      this.decide(row, OUTCOMES.rejected, decoded.reason)
    } else if (decoded.outcome === 'undecided') {
      this.#types[row] = mayWait ? WAITING : UNDECODED
      if (mayWait) this.#waiting.push({ row, raw })
      else this.decide(row, OUTCOMES.rejected, 'SCHEMA_UNKNOWN')
    } else {
      // CutPublished belongs on no topic of the cut, so decodeRecord has refused it.
      this.#addEvent(row, decoded.event as EventOf<DecidedEventType>, raw.value!)
      if (decoded.event.type === 'InferenceRecorded') this.#noteTime(row, producerTimeOf(raw.headers))
    }
  }

  #addEvent(row: number, event: EventOf<DecidedEventType>, value: Uint8Array): void {
    this.#types[row] = TYPE_NUMBERS[event.type]
    this.sources[row] = this.#texts.names.numberOf(event.source)
    this.#keyWriter.putTexts(event.source, event.id, this.keys, row * KEY_WORDS)
    putHash(value, this.values, row * KEY_WORDS)
    this.bodies[row] = this.#addBody(event, value)
  }

  #addBody(event: EventOf<DecidedEventType>, value: Uint8Array): number {
    switch (event.type) {
      case 'InferenceRecorded':
        return this.uses.add(event.body, this.#texts)
      case 'ContributionFeatures':
        return this.features.addContribution(event.body, this.#texts, this.#keyWriter)
      case 'InferenceFeatures':
        return this.features.addInference(event.body, this.#texts, this.#keyWriter)
      default:
        return this.#addValue(event.id, value)
    }
  }

  /** `u32 length of id, u32 length of value, id, value`. */
  #addValue(text: string, value: Uint8Array): number {
    const id = Buffer.from(text)
    const place = this.arena.allocate(8 + id.length + value.length)
    const slab = this.arena.slabOf(place)
    const at = this.arena.byteIn(place)
    slab.writeUInt32LE(id.length, at)
    slab.writeUInt32LE(value.length, at + 4)
    slab.set(id, at + 8)
    slab.set(value, at + 8 + id.length)
    return place
  }
}
