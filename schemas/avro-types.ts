import { readFileSync } from 'node:fs'
import avro from 'avsc'
import {
  readBlocks,
  readBoolean,
  readBytes,
  readIndex,
  readInt,
  readLong,
  readString,
  signedInteger,
  type Tap,
} from './avro-read.ts'
import { type AvroSchema, parseAvroSchema } from './avro-schema.ts'
import type { EventBodies, EventType } from './events.ts'

/** Avro decimal(29, 0) in bytes as bigint: big-endian two's complement, so that a negative amount is seen and refused. */
class DecimalType extends avro.types.LogicalType {
  _read(tap: Tap): bigint {
    return signedInteger(readBytes(tap))
  }

  override _fromValue(bytes: Buffer): bigint {
    return signedInteger(bytes)
  }

  override _toValue(value: unknown): Buffer | undefined {
    if (typeof value !== 'bigint') return undefined
    let length = 1
    while (BigInt.asIntN(length * 8, value) !== value) length++
    return Buffer.from(
      BigInt.asUintN(length * 8, value)
        .toString(16)
        .padStart(length * 2, '0'),
      'hex',
    )
  }

  override _resolve(): undefined {
    return undefined
  }
}

/** Longs as bigint: offsets, block numbers and chain ids may exceed 2^53. */
const bigintLong = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64LE(value)
    return buffer
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
})

/** avsc freezes its types, so a stricter reader goes into an object before it. */
function withReader(type: avro.Type, read: (tap: Tap) => unknown): avro.Type {
  return Object.create(type, { _read: { value: read } }) as avro.Type
}

const strictInt = withReader(avro.Type.forSchema('int'), readInt)
const strictString = withReader(avro.Type.forSchema('string'), readString)
const strictLong = withReader(bigintLong, readLong)
const strictBoolean = withReader(avro.Type.forSchema('boolean'), readBoolean)
const strictBytes = withReader(avro.Type.forSchema('bytes'), readBytes)

type ComplexType = new (schema: avro.Schema, options: object) => avro.Type
type Complex = avro.Schema & { readonly type: string; readonly logicalType?: string }

/** avsc allocates as many items as an array's header claims and notices the missing bytes only at the end. */
function boundedArray(schema: Complex, options: object): avro.Type {
  const type = new (avro.types.ArrayType as unknown as ComplexType)(schema, options)
  const items = (type as avro.types.ArrayType).itemsType as unknown as { _read(tap: Tap): unknown }
  return withReader(type, (tap) => {
    const values: unknown[] = []
    readBlocks(tap, () => values.push(items._read(tap)))
    return values
  })
}

/** avsc reads a symbol's place as a long of any length; an Avro enum's is an int. */
function strictEnum(schema: Complex, options: object): avro.Type {
  const type = new (avro.types.EnumType as unknown as ComplexType)(schema, options)
  const { symbols } = type as avro.types.EnumType
  return withReader(type, (tap) => symbols[readIndex(readInt(tap), symbols.length)])
}

const STRICT_PRIMITIVES: Readonly<Record<string, avro.Type>> = {
  boolean: strictBoolean,
  int: strictInt,
  long: strictLong,
  string: strictString,
  bytes: strictBytes,
}

function hookType(schema: avro.Schema, options: object): avro.Type | undefined {
  if (typeof schema === 'string') return STRICT_PRIMITIVES[schema]
  const complex = schema as Complex
  if (complex.type === 'array') return boundedArray(complex, options)
  if (complex.type === 'enum') return strictEnum(complex, options)
  return complex.logicalType === undefined ? STRICT_PRIMITIVES[complex.type] : undefined
}

export interface BuiltInSchema {
  readonly id: number
  readonly event: EventType
  /** The text of its file. */
  readonly text: string
  readonly type: avro.Type
}

const folder = new URL('./avro/', import.meta.url)

function loadSchemas(): Map<number, BuiltInSchema> {
  const ids = JSON.parse(readFileSync(new URL('ids.json', folder), 'utf8')) as Record<string, string>
  const schemas = new Map<number, BuiltInSchema>()
  for (const [id, file] of Object.entries(ids)) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const schema = JSON.parse(text)
    const type = avro.Type.forSchema(schema, {
      registry: {},
      logicalTypes: { decimal: DecimalType },
      typeHook: hookType,
    } as unknown as Parameters<typeof avro.Type.forSchema>[1])
    schemas.set(Number(id), { id: Number(id), event: schema.name as EventType, text, type })
  }
  return schemas
}

const SCHEMAS = loadSchemas()
const LATEST = new Map([...SCHEMAS.values()].map((schema) => [schema.event, schema]))

/** The built-in schema of a wire-format id, by schemas/avro/ids.json. Its ids lie where no schema registry counts to. */
export function schemaOfId(id: number): BuiltInSchema | undefined {
  return SCHEMAS.get(id)
}

/** The newest schema of an event type. */
export function schemaOfEvent<Type extends keyof EventBodies>(event: Type): BuiltInSchema {
  return LATEST.get(event)!
}

/** All of them, in the order of their ids: of one event type, that of their versions. */
export function builtInSchemas(): readonly BuiltInSchema[] {
  return [...SCHEMAS.values()]
}

/** Texts of the released versions of an event type, oldest first. */
export function builtInSchemasOf(event: EventType): string[] {
  return builtInSchemas().flatMap((schema) => (schema.event === event ? [schema.text] : []))
}

const parsed = new Map<EventType, AvroSchema>()

/** The newest schema of an event type, as the reader that registered schemas are resolved to. */
export function builtInSchemaOf(event: EventType): AvroSchema {
  const known = parsed.get(event) ?? parseAvroSchema(schemaOfEvent(event).text)
  parsed.set(event, known)
  return known
}
