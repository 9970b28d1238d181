import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { EntryFormatError } from './errors.ts'

/** What became of a record, by the number that stands for it in a ledger leaf. Numbers are never given a second meaning. */
export const ENTRY_OUTCOMES = ['accepted', 'duplicate', 'rejected', 'gap'] as const
export type EntryOutcome = (typeof ENTRY_OUTCOMES)[number]

/** One leaf of the ledger: where a record stood and what was decided about it. */
export interface LedgerEntry {
  /** 0, raised by one each time the topic was deleted and made again. u32. */
  readonly incarnation: number
  /** 1 to 65,535 bytes of UTF-8. */
  readonly topic: string
  /** u32. */
  readonly partition: number
  /** u64. */
  readonly offset: bigint
  /** Running maximum of the partition's append times, milliseconds since 1970. u64. */
  readonly effectiveTimeMs: bigint
  readonly outcome: EntryOutcome
  /** Why, as a number from the table of reasons; 0 = none. u16. */
  readonly reason: number
  /** 32 bytes, see {@link contentHash}. */
  readonly content: Uint8Array
}

export const ENTRY_VERSION = 1

/** Bytes of an entry besides its topic: version, incarnation, length, partition, offset, time, outcome, reason, content. */
const FIXED_BYTES = 1 + 4 + 2 + 4 + 8 + 8 + 1 + 2 + HASH_BYTES
const TOPIC_AT = 1 + 4 + 2
const U16_MAX = 0xffff
const U32_MAX = 0xffff_ffff
const U64_MAX = 0xffff_ffff_ffff_ffffn

/**
 * Bytes of a ledger leaf, all integers big-endian:
 * `u8 version = 1 | u32 incarnation | u16 length + topic | u32 partition | u64 offset | u64 effective_time_ms | u8 outcome |
 * u16 reason | 32-byte content`. Hash them with {@link leafHash}.
 *
 * @returns 62 bytes and the topic
 * @throws  {@link EntryFormatError} a field does not fit its width
 * @throws  {@link TextEncodingError} the topic is not well-formed Unicode
 */
export function encodeEntry(entry: LedgerEntry): Uint8Array {
  const topic = encodeUtf8(entry.topic, 'Topic')
  assertWidth('topic length', topic.length, 1, U16_MAX)
  assertWidth('incarnation', entry.incarnation, 0, U32_MAX)
  assertWidth('partition', entry.partition, 0, U32_MAX)
  assertU64('offset', entry.offset)
  assertU64('effective time', entry.effectiveTimeMs)
  assertWidth('reason', entry.reason, 0, U16_MAX)
  assertWidth('content length', entry.content.length, HASH_BYTES, HASH_BYTES)
  const outcome = ENTRY_OUTCOMES.indexOf(entry.outcome)
  if (outcome === -1) throw outcomeError(entry.outcome)

  const bytes = new Uint8Array(FIXED_BYTES + topic.length)
  const view = new DataView(bytes.buffer)
  const rest = TOPIC_AT + topic.length
  view.setUint8(0, ENTRY_VERSION)
  view.setUint32(1, entry.incarnation)
  view.setUint16(5, topic.length)
  bytes.set(topic, TOPIC_AT)
  view.setUint32(rest, entry.partition)
  view.setBigUint64(rest + 4, entry.offset)
  view.setBigUint64(rest + 12, entry.effectiveTimeMs)
  view.setUint8(rest + 20, outcome)
  view.setUint16(rest + 21, entry.reason)
  bytes.set(entry.content, rest + 23)
  return bytes
}

/**
 * Reads what {@link encodeEntry} wrote; every entry has exactly one form in bytes, and nothing else is read.
 *
 * @throws {@link EntryFormatError} another version, an unknown outcome, bytes missing or left over
 * @throws {@link TextEncodingError} the topic is not UTF-8
 */
export function decodeEntry(bytes: Uint8Array): LedgerEntry {
  assertWidth('length', bytes.length, FIXED_BYTES + 1, FIXED_BYTES + U16_MAX)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assertWidth('version', view.getUint8(0), ENTRY_VERSION, ENTRY_VERSION)
  const topicLength = view.getUint16(5)
  assertWidth('topic length', topicLength, 1, U16_MAX)
  assertWidth('length', bytes.length, FIXED_BYTES + topicLength, FIXED_BYTES + topicLength)
  const rest = TOPIC_AT + topicLength
  const outcome = ENTRY_OUTCOMES[view.getUint8(rest + 20)]
  if (outcome === undefined) throw outcomeError(view.getUint8(rest + 20))
  return {
    incarnation: view.getUint32(1),
    topic: decodeUtf8(bytes.subarray(TOPIC_AT, rest), 'Topic'),
    partition: view.getUint32(rest),
    offset: view.getBigUint64(rest + 4),
    effectiveTimeMs: view.getBigUint64(rest + 12),
    outcome,
    reason: view.getUint16(rest + 21),
    content: Uint8Array.from(bytes.subarray(rest + 23)),
  }
}

function outcomeError(found: string | number): EntryFormatError {
  return new EntryFormatError({
    field: 'outcome',
    found,
    expected: ENTRY_OUTCOMES.map((name, n) => `${n} ${name}`).join(', '),
  })
}

function assertWidth(field: string, found: number, min: number, max: number): void {
  if (Number.isInteger(found) && found >= min && found <= max) return
  const expected = min === max ? String(min) : `a whole number from ${min} to ${max}`
  throw new EntryFormatError({ field, found, expected })
}

function assertU64(field: string, found: bigint): void {
  if (found < 0n || found > U64_MAX) {
    throw new EntryFormatError({ field, found, expected: 'a whole number from 0 to 2^64 − 1' })
  }
}
