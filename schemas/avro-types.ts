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
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const INT_BYTES_MAX = 5
const LONG_BYTES_MAX = 10

/** An Avro int: a zigzag varint of at most 32 bits. avsc reads more and rounds, other readers refuse. */
function readInt(tap: Tap): number {
  let value = 0
  for (let index = 0; index < INT_BYTES_MAX; index++) {
    const byte = nextByte(tap)
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) {
      if (value >= 2 ** 32) break
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
  throw new RangeError('An int does not fit 32 bits.')
}

/** An Avro long: a zigzag varint of at most 64 bits, where avsc would wrap. */
function readLong(tap: Tap): bigint {
  let value = 0n
  for (let index = 0; index < LONG_BYTES_MAX; index++) {
    const byte = nextByte(tap)
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) {
      if (value >> 64n !== 0n) break
      return value & 1n ? -((value + 1n) >> 1n) : value >> 1n
    }
  }
  throw new RangeError('A long does not fit 64 bits.')
}

function nextByte(tap: Tap): number {
  const byte = tap.buf[tap.pos++]
  if (byte === undefined) throw new RangeError('A number goes on behind the end of the value.')
  return byte
}

/** Text that is not UTF-8 is refused: read with replacement characters, different bytes would become one identifier. */
function readString(tap: Tap): string {
  const length = Number(readLong(tap))
  if (length < 0 || length > tap.buf.length - tap.pos) throw new RangeError('A text is longer than the value.')
  tap.pos += length
  return utf8.decode(tap.buf.subarray(tap.pos - length, tap.pos))
}

/** avsc freezes its types, so a stricter reader goes into an object before it. */
function withReader(type: avro.Type, read: (tap: Tap) => unknown): avro.Type {
  return Object.create(type, { _read: { value: read } }) as avro.Type
}

const strictInt = withReader(avro.Type.forSchema('int'), readInt)
const strictString = withReader(avro.Type.forSchema('string'), readString)
const strictLong = withReader(bigintLong, readLong)

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
  return withReader(type, (tap) => {
    const values: unknown[] = []
    for (;;) {
      let count = readLong(tap)
      if (count === 0n) return values
      if (count < 0n) {
        count = -count
        readLong(tap) // bytes of the block
      }
      if (count > BigInt(tap.buf.length - tap.pos))
        throw new RangeError('An array claims more items than the value has bytes.')
      for (; count > 0n; count--) values.push(items._read(tap))
    }
  })
}

function hookType(schema: avro.Schema, options: object): avro.Type | undefined {
  if (schema === 'long') return strictLong
  if (schema === 'int') return strictInt
  if (schema === 'string') return strictString
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

/** The built-in schema of a wire-format id, by schemas/avro/ids.json. Its ids lie where no schema registry counts to. */
export function schemaOfId(id: number): RegisteredSchema | undefined {
  return SCHEMAS.get(id)
}

/** The newest schema of an event type. */
export function schemaOfEvent<Type extends keyof EventBodies>(event: Type): RegisteredSchema {
  return LATEST.get(event)!
}
