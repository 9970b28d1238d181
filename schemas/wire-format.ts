import { schemaOfEvent, schemaOfId } from './avro-types.ts'
import type { EventBodies, EventOf, EventType } from './events.ts'
import { BUILT_IN_SCHEMA_IDS_FROM } from './limits.ts'
import { NO_REGISTERED_SCHEMAS, type RegisteredSchemas } from './registered-schemas.ts'

const MAGIC_BYTE = 0
const PREFIX_BYTES = 5

/**
 * Confluent wire format: 0x00 ‖ u32 schema id ‖ Avro binary.
 * @throws Error of avsc when a field is missing or of the wrong type.
 */
export function encodeValue<Type extends EventType>(type: Type, body: EventBodies[Type]): Buffer {
  const schema = schemaOfEvent(type)
  const avroBytes = schema.type.toBuffer(withBuffers(body))
  const value = Buffer.alloc(PREFIX_BYTES + avroBytes.length)
  value.writeUInt8(MAGIC_BYTE, 0)
  value.writeUInt32BE(schema.id, 1)
  avroBytes.copy(value, PREFIX_BYTES)
  return value
}

export type DecodedValue =
  | { outcome: 'decoded'; type: EventType; body: EventOf['body'] }
  /** Written with a schema that may be registered: other records decide what it is. */
  | { outcome: 'undecided'; schemaId: number }
  | { outcome: 'rejected'; reason: 'WIRE_FORMAT_INVALID' | 'SCHEMA_UNKNOWN' | 'AVRO_INVALID'; detail: string }

/**
 * The reverse of {@link encodeValue} for bytes of strangers: never throws, refuses trailing bytes.
 *
 * @param registered the schemas that count for the record, besides the built-in ones
 */
export function decodeValue(value: Uint8Array, registered: RegisteredSchemas = NO_REGISTERED_SCHEMAS): DecodedValue {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length < PREFIX_BYTES || bytes[0] !== MAGIC_BYTE) {
    return {
      outcome: 'rejected',
      reason: 'WIRE_FORMAT_INVALID',
      detail: 'The value does not begin with 0x00 and a schema id.',
    }
  }
  const id = bytes.readUInt32BE(1)
  const avroBytes = bytes.subarray(PREFIX_BYTES)
  const schema = schemaOfId(id) ?? registered.get(id)
  if (schema === undefined) {
    if (id >= 1 && id < BUILT_IN_SCHEMA_IDS_FROM) return { outcome: 'undecided', schemaId: id }
    return { outcome: 'rejected', reason: 'SCHEMA_UNKNOWN', detail: `Schema id ${id} can be nobody's.` }
  }
  try {
    // avsc refuses trailing bytes here unless told otherwise.
    const body = 'read' in schema ? schema.read(avroBytes) : (schema.type.fromBuffer(avroBytes) as EventOf['body'])
    return { outcome: 'decoded', type: schema.event, body }
  } catch (error) {
    return {
      outcome: 'rejected',
      reason: 'AVRO_INVALID',
      detail: error instanceof Error ? error.message : String(error),
    }
  }
}

/** avsc writes Buffers only; callers may hold any Uint8Array. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return value.map(withBuffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withBuffers(field)]))
}
