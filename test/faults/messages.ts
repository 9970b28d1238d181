import type { Xoshiro128 } from '../../extractors/random.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { RECORD_BYTES_MAX } from '../../schemas/limits.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Records, SOURCES } from '../support/ledger/records.ts'

/** Names a message in the log: ingest keeps other headers and ignores them. */
export const MESSAGE_HEADER = 'x-message'
const OVERSIZE_BYTES = RECORD_BYTES_MAX + 50_000

/** What was meant to be sent, and what became of it. */
export interface Message {
  readonly number: number
  readonly topic: string
  readonly partition: number
  readonly source: string
  readonly id: string
  readonly record: Pick<OutgoingRecord, 'key' | 'headers'> & { readonly value: Uint8Array | null }
  /** Why its own bytes get it rejected; null for a good one, also when it repeats an id. */
  readonly reason: RejectionReason | null
  /** How often it was given to a producer. */
  sends: number
  /** Whether the broker ever said that it has it, or its transaction was committed. */
  acknowledged: boolean
  /** Whether it was only ever sent in transactions that were aborted. */
  aborted: boolean
}

type Damage = (record: OutgoingRecord) => Message['record']

/** Ways to be rejected by one's own bytes (docs/formats.md#decisions), all of which a broker takes. */
const DAMAGES: readonly (readonly [RejectionReason, Damage])[] = [
  ['VALUE_MISSING', (record) => ({ ...record, value: null })],
  ['HEADER_MISSING', (record) => ({ ...record, headers: record.headers.filter(([name]) => name !== 'ce_id') })],
  ['WIRE_FORMAT_INVALID', (record) => withValue(record, (value) => value.subarray(0, 3))],
  ['WIRE_FORMAT_INVALID', (record) => withValue(record, (value) => Buffer.concat([Buffer.of(1), value.subarray(1)]))],
  [
    'SCHEMA_UNKNOWN',
    (record) => withValue(record, (value) => Buffer.concat([Buffer.alloc(5, 0x7f).fill(0, 0, 1), value.subarray(5)])),
  ],
  ['AVRO_INVALID', (record) => withValue(record, (value) => value.subarray(0, -3))],
  ['AVRO_INVALID', (record) => withValue(record, (value) => Buffer.concat([value, Buffer.of(0)]))],
  [
    'TYPE_MISMATCH',
    (record) => ({
      ...record,
      headers: record.headers.map(([name, value]) => [
        name,
        name === 'ce_type' ? Buffer.from('tallystick.Deposited') : value,
      ]),
    }),
  ],
]

function withValue(record: OutgoingRecord, change: (value: Buffer) => Uint8Array): Message['record'] {
  return { ...record, value: change(Buffer.from(record.value)) }
}

/** Makes the messages of a scenario and remembers each: the intent that the log and the ledger are held to. */
export class Messages {
  readonly all: Message[] = []
  /** Partitions of the inferences' topic. */
  partitions: number
  readonly #records: Records
  readonly #random: Xoshiro128
  #ids = 0

  constructor(records: Records, random: Xoshiro128, partitions: number) {
    this.#records = records
    this.#random = random
    this.partitions = partitions
  }

  /** What inferences need to be accepted. */
  async founding(): Promise<Message[]> {
    const records = this.#records
    const founding = [
      await records.source(SOURCES.operator, ['AssetRegistered'], { id: 'source-operator' }),
      await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded'], { id: 'source-gateway' }),
      await records.asset('reader', 'model', { modeller: 1_000_000 }, { id: 'asset-reader' }),
      await records.asset('gateway', 'infrastructure', { host: 1_000_000 }, { id: 'asset-gateway' }),
      await records.policy({}, { id: 'policy' }),
    ]
    const ids = ['source-operator', 'source-gateway', 'asset-reader', 'asset-gateway', 'policy']
    return founding.map((record, i) =>
      this.#remember({
        topic: TOPICS.registry,
        partition: 0,
        source: SOURCES.operator,
        id: ids[i]!,
        record,
        reason: null,
      }),
    )
  }

  /** `count` events, each of a new id. */
  fresh(count: number, partition?: number): Message[] {
    return Array.from({ length: count }, () => {
      const id = `use-${this.#ids++}`
      return this.#inference(id, this.#records.inference(id, BigInt(this.#random.nextInt(1_000))), null, partition)
    })
  }

  /** The same event as a message of its own, in the same partition or another one. */
  duplicateOf(message: Message): Message {
    const partition = this.#random.nextInt(2) === 0 ? message.partition : undefined
    return this.#inference(message.id, message.record, message.reason, partition)
  }

  /** Another event under an id that is used. */
  otherContentOf(message: Message): Message {
    return this.#inference(
      message.id,
      this.#records.inference(message.id, 1_000n + BigInt(this.#random.nextInt(1_000))),
      null,
    )
  }

  /** What nobody can decode, under the id of a good event: it must not use that up. */
  corruptOf(message: Message): Message {
    const [reason, damage] = DAMAGES[this.#random.nextInt(DAMAGES.length)]!
    return this.#inference(message.id, damage(message.record as OutgoingRecord), reason)
  }

  /** Larger than a record may be, and not too large for this broker. */
  oversizeOf(message: Message): Message {
    const value = Buffer.concat([message.record.value!, Buffer.alloc(OVERSIZE_BYTES, this.#random.nextInt(256))])
    return this.#inference(message.id, { ...message.record, value }, 'RECORD_TOO_LARGE')
  }

  #inference(id: string, record: Message['record'], reason: RejectionReason | null, partition?: number): Message {
    return this.#remember({
      topic: TOPICS.inferences,
      partition: partition ?? this.#random.nextInt(this.partitions),
      source: SOURCES.gateway,
      id,
      record,
      reason,
    })
  }

  #remember(message: Omit<Message, 'number' | 'sends' | 'acknowledged' | 'aborted'>): Message {
    const number = this.all.length
    const headers = message.record.headers.filter(([name]) => name !== MESSAGE_HEADER)
    const record = { ...message.record, headers: [...headers, [MESSAGE_HEADER, Buffer.from(String(number))] as const] }
    const made: Message = { ...message, record, number, sends: 0, acknowledged: false, aborted: false }
    this.all.push(made)
    return made
  }
}
