import { parseHeaders, type RecordHeader } from './cloud-events.ts'
import { ceTypeOf, type EventOf } from './events.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import type { RegisteredSchemas } from './registered-schemas.ts'
import type { RejectionReason } from './rejection.ts'
import { TOPIC_OF_EVENT } from './topics.ts'
import { findRangeFault } from './validate-event.ts'
import { decodeValue } from './wire-format.ts'

export type Decoded =
  | { readonly outcome: 'decoded'; readonly event: EventOf }
  /**
   * Its value is written with a schema that is not built in, so that its bytes alone decide no more than its envelope, which
   * is good. Ingest keeps it with no event type and no reason: it waits for its schema, and close decides it.
   */
  | {
      readonly outcome: 'undecided'
      readonly schemaId: number
      readonly source: string
      readonly id: string
      /** `ce_type` as the record has it: its type, if it is to be accepted. */
      readonly ceType: string
    }
  | { readonly outcome: 'rejected'; readonly reason: RejectionReason; readonly detail: string }

export interface RawRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
}

/**
 * Everything that a record's own bytes decide, and nothing else (docs/formats.md#decisions). Never throws: any bytes at all
 * are a decoded event, a rejection with a reason from the closed list, or a value whose schema the caller does not know.
 *
 * @param registered the schemas that count for the record, besides the built-in ones
 */
export function decodeRecord(record: RawRecord, registered?: RegisteredSchemas): Decoded {
  const size = recordBytes(record)
  if (size > RECORD_BYTES_MAX)
    return rejected('RECORD_TOO_LARGE', `The record has ${size} bytes, more than ${RECORD_BYTES_MAX}.`)
  if (record.value === null) return rejected('VALUE_MISSING', 'The record has no value.')
  const headers = parseHeaders(record.headers)
  if (headers.outcome === 'rejected') return headers
  const value = decodeValue(record.value, registered)
  if (value.outcome === 'rejected') return value
  const { id, source, type } = headers.attributes
  if (value.outcome === 'undecided') return { ...value, source, id, ceType: type }
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
