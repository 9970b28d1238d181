import { toHex } from '../../schemas/ids.ts'
import { reasonOfCode } from '../../schemas/rejection.ts'
import { deadLetterTopic } from '../../schemas/topics.ts'
import type { NewRecord } from '../record-source.ts'

/** A letter with its record, as the warehouse has them. */
export interface LetterRecord {
  /** Of the record; it names the letter within its warehouse. */
  readonly rid: bigint
  readonly stage: 'ingest' | 'close'
  /** Of the close; null at ingest. */
  readonly epoch: number | null
  readonly reason: number
  readonly detail: string | null
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly incarnation: number
  readonly key: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
  readonly value: Uint8Array | null
}

/** Prefix of the headers of Kafka Connect's DeadLetterQueueReporter (KIP-298), which tools for dead letters know. */
const CONNECT = '__connect.errors.'

/** Names a letter for ever and everywhere: two appends of it carry the same one, so that a consumer removes doubles. */
export function letterId(
  ledgerId: Uint8Array,
  { topic, incarnation, partition, offset }: Pick<LetterRecord, 'topic' | 'incarnation' | 'partition' | 'offset'>,
): string {
  return `${toHex(ledgerId)}/${topic}/${incarnation}/${partition}/${offset}`
}

/**
 * What is appended to `<topic>.dlq`: key, value and headers of the record untouched, and behind its headers our own. A record
 * may hold headers of those names itself, so the last of each name counts (docs/formats.md#dead-letters).
 */
export function letterToAppend(letter: LetterRecord, ledgerId: Uint8Array): NewRecord {
  const { key, value, headers } = letter
  return { topic: deadLetterTopic(letter.topic), key, headers: [...headers, ...ownHeaders(letter, ledgerId)], value }
}

/** In place of a letter that the broker refuses as too large: our headers alone, and how many bytes are not there. */
export function noticeToAppend(letter: LetterRecord, ledgerId: Uint8Array): NewRecord {
  const omitted = ['tally_dlq_omitted_bytes', text(bytesOf(letter))] as const
  const headers = [...ownHeaders(letter, ledgerId), omitted]
  return { topic: deadLetterTopic(letter.topic), key: null, headers, value: null }
}

function ownHeaders(letter: LetterRecord, ledgerId: Uint8Array): (readonly [string, Uint8Array])[] {
  const reason = reasonOfCode(letter.reason) ?? `REASON_${letter.reason}`
  const decided =
    letter.epoch === null ? 'Rejected by its own bytes.' : `Rejected at the close of epoch ${letter.epoch}.`
  return [
    [`${CONNECT}topic`, text(letter.topic)],
    [`${CONNECT}partition`, text(letter.partition)],
    [`${CONNECT}offset`, text(letter.offset)],
    [`${CONNECT}connector.name`, text('tallystick')],
    [`${CONNECT}stage`, text(letter.stage.toUpperCase())],
    [`${CONNECT}exception.class.name`, text(reason)],
    [`${CONNECT}exception.message`, text(letter.detail ?? decided)],
    ['tally_dlq_id', text(letterId(ledgerId, letter))],
  ]
}

function bytesOf({ key, headers, value }: LetterRecord): number {
  const inHeaders = headers.reduce((sum, [name, each]) => sum + Buffer.byteLength(name) + (each?.length ?? 0), 0)
  return (key?.length ?? 0) + inHeaders + (value?.length ?? 0)
}

function text(value: string | number | bigint): Uint8Array {
  return Buffer.from(String(value))
}
