import { parseHeaders, type RecordHeader } from './cloud-events.ts'
import { ceTypeOf, type EventOf } from './events.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import type { RejectionReason } from './rejection.ts'
import { TOPIC_OF_EVENT } from './topics.ts'
import { findRangeFault } from './validate-event.ts'
import { decodeValue } from './wire-format.ts'

export type Decoded =
  | { readonly outcome: 'decoded'; readonly event: EventOf }
  | { readonly outcome: 'rejected'; readonly reason: RejectionReason; readonly detail: string }

export interface RawRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
}

/**
 * Everything that a record's own bytes decide, and nothing else (docs/formats.md#decisions). Never throws: any bytes at all
 * are either a decoded event or a rejection with a reason from the closed list.
 */
export function decodeRecord(record: RawRecord): Decoded {
  const size = recordBytes(record)
  if (size > RECORD_BYTES_MAX)
    return rejected('RECORD_TOO_LARGE', `The record has ${size} bytes, more than ${RECORD_BYTES_MAX}.`)
  if (record.value === null) return rejected('VALUE_MISSING', 'The record has no value.')
  const headers = parseHeaders(record.headers)
  if (headers.outcome === 'rejected') return headers
  const value = decodeValue(record.value)
  if (value.outcome === 'rejected') return value
  const { id, source, type } = headers.attributes
  if (type !== ceTypeOf(value.type)) {
    return rejected('TYPE_MISMATCH', `ce_type says ${type}, the schema says ${ceTypeOf(value.type)}.`)
  }
  if (TOPIC_OF_EVENT[value.type] !== record.topic) {
    return rejected('TOPIC_MISMATCH', `${value.type} belongs on ${TOPIC_OF_EVENT[value.type]}.`)
  }
  const event = { type: value.type, source, id, body: value.body } as EventOf
  const fault = findRangeFault(event)
  return fault === undefined ? { outcome: 'decoded', event } : rejected(fault.reason, fault.detail)
}

/** Bytes of key, header names and values, and value together. */
export function recordBytes(record: RawRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of record.headers) bytes += Buffer.byteLength(name) + (value?.length ?? 0)
  return bytes
}

function rejected(reason: RejectionReason, detail: string): Decoded {
  return { outcome: 'rejected', reason, detail }
}
