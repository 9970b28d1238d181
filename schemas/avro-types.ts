import { readFileSync } from 'node:fs'
import avro from 'avsc'
import type { EventBodies, EventType } from './events.ts'

/** Avro decimal(29, 0) in bytes as bigint: big-endian two's complement, so that a negative amount is seen and refused. */
class DecimalType extends avro.types.LogicalType {
  override _fromValue(bytes: Buffer): bigint {
    if (bytes.length === 0) return 0n
    return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
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

interface Tap {
  readonly buf: Buffer
  pos: number
  readLong(): number
  skipLong(): void
}

/**
 * avsc allocates as many items as an array's header claims and notices the missing bytes only at the end: nine bytes could
 * ask for 10^12 items. Every item of our schemas has at least one byte, so a claim above the bytes left is refused at once.
 */
function boundedArray(attributes: avro.Schema, options: object): avro.Type {
  const type = new (
    avro.types.ArrayType as unknown as new (
      schema: avro.Schema,
      options: object,
    ) => avro.types.ArrayType
  )(attributes, options)
  const items = type.itemsType as unknown as { _read(tap: Tap): unknown }
  const read = (tap: Tap): unknown[] => {
    const values: unknown[] = []
    for (;;) {
      let count = tap.readLong()
      if (count === 0) return values
      if (count < 0) {
        count = -count
        tap.skipLong()
      }
      if (!(count <= tap.buf.length - tap.pos))
        throw new RangeError('An array claims more items than the value has bytes.')
      for (; count > 0; count--) values.push(items._read(tap))
    }
  }
  return Object.create(type, { _read: { value: read } }) as avro.Type // avsc freezes its types
}

function hookType(schema: avro.Schema, options: object): avro.Type | undefined {
  if (schema === 'long') return bigintLong
  const isArray = typeof schema === 'object' && !Array.isArray(schema) && 'type' in schema && schema.type === 'array'
  return isArray ? boundedArray(schema, options) : undefined
}

export interface RegisteredSchema {
  readonly id: number
  readonly event: EventType
  readonly type: avro.Type
}

const folder = new URL('./avro/', import.meta.url)

function loadSchemas(): Map<number, RegisteredSchema> {
  const ids = JSON.parse(readFileSync(new URL('ids.json', folder), 'utf8')) as Record<string, string>
  const schemas = new Map<number, RegisteredSchema>()
  for (const [id, file] of Object.entries(ids)) {
    const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const type = avro.Type.forSchema(schema, {
      registry: {},
      logicalTypes: { decimal: DecimalType },
      typeHook: hookType,
    } as unknown as Parameters<typeof avro.Type.forSchema>[1])
    schemas.set(Number(id), { id: Number(id), event: schema.name as EventType, type })
  }
  return schemas
}

const SCHEMAS = loadSchemas()
const LATEST = new Map([...SCHEMAS.values()].map((schema) => [schema.event, schema]))

/** The schema registered under a wire-format id in schemas/avro/ids.json. */
export function schemaOfId(id: number): RegisteredSchema | undefined {
  return SCHEMAS.get(id)
}

/** The newest schema of an event type. */
export function schemaOfEvent<Type extends keyof EventBodies>(event: Type): RegisteredSchema {
  return LATEST.get(event)!
}
