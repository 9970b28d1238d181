import { resolveSchemas } from './avro-resolution.ts'
import { AvroSchemaError, parseAvroSchema, unqualified } from './avro-schema.ts'
import { builtInSchemaOf } from './avro-types.ts'
import { DECISION_ORDER, type DecidedEventType, type EventOf } from './events.ts'

/** Event types whose values may be written with a registered schema: all that are decided, but registrations of schemas. */
export type RegistrableEventType = Exclude<DecidedEventType, 'SchemaRegistered'>

/** A writer's schema that the ledger holds, resolved to our own schema of its event type. */
export interface RegisteredSchema {
  readonly event: RegistrableEventType
  /** @throws RangeError or TypeError on bytes that are no value of the schema, or more than one value */
  read(avroBytes: Buffer): EventOf['body']
}

/** By the id that stands in a value. */
export type RegisteredSchemas = ReadonlyMap<number, RegisteredSchema>

export const NO_REGISTERED_SCHEMAS: RegisteredSchemas = new Map()

export type ReadSchema =
  | { readonly outcome: 'readable'; readonly schema: RegisteredSchema }
  | { readonly outcome: 'incompatible'; readonly detail: string }

const FAULTS_SHOWN = 5

export function isRegistrable(event: string): event is RegistrableEventType {
  return event !== 'SchemaRegistered' && DECISION_ORDER.some((known) => known === event)
}

/**
 * Whether our schema of the event type reads what is written with the schema of this text (docs/formats.md#schemas), and
 * how. The text is a stranger's: whatever it is, the answer is a value.
 */
export function readRegisteredSchema(event: RegistrableEventType, text: string): ReadSchema {
  let writer: ReturnType<typeof parseAvroSchema>
  try {
    writer = parseAvroSchema(text)
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error
    return { outcome: 'incompatible', detail: error.message }
  }
  if (writer.kind !== 'record' || unqualified(writer.fullName) !== event)
    return { outcome: 'incompatible', detail: `The schema is not of a record ${event}.` }
  const resolution = resolveSchemas(writer, builtInSchemaOf(event))
  if (resolution.outcome === 'incompatible') {
    const shown = resolution.faults.slice(0, FAULTS_SHOWN).join('; ')
    return { outcome: 'incompatible', detail: `The schema of ${event} does not read it: ${shown}.` }
  }
  return { outcome: 'readable', schema: { event, read: (avroBytes) => readWhole(resolution.read, avroBytes) } }
}

function readWhole(read: (tap: { buf: Buffer; pos: number }) => unknown, buf: Buffer): EventOf['body'] {
  const tap = { buf, pos: 0 }
  const body = read(tap) as EventOf['body']
  if (tap.pos !== buf.length) throw new RangeError(`${buf.length - tap.pos} bytes follow the value.`)
  return body
}

/** The event type that a schema's text is of, or undefined: its record's name, whatever the namespace. */
export function eventOfSchema(text: string): RegistrableEventType | undefined {
  try {
    const schema = parseAvroSchema(text)
    const name = schema.kind === 'record' ? unqualified(schema.fullName) : ''
    return isRegistrable(name) ? name : undefined
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error
    return undefined
  }
}
