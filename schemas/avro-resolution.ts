import * as read from './avro-read.ts'
import { type AvroField, type AvroSchema, type Decimal, type Primitive, unqualified } from './avro-schema.ts'

/** Reads one value written with the writer's schema as the reader's schema has it. Throws on bytes that are no such value. */
export type ResolvedReader = (tap: read.Tap) => unknown

export type Resolution =
  | { readonly outcome: 'readable'; readonly read: ResolvedReader }
  /** What the reader cannot make of the writer's schema, each with the place of the reader's schema. Never empty. */
  | { readonly outcome: 'incompatible'; readonly faults: readonly string[] }

/**
 * Schema resolution of Avro 1.12: how data written with one schema is read with another. Decided without any data: a
 * writer's union, or enum, of which the reader understands only a part is incompatible, as in Java's compatibility check.
 * Where the specification leaves room, docs/formats.md#schemas says what holds here.
 *
 * Values: bytes and fixed as Buffer, long and decimal as bigint, map as Map, union as the value of its branch.
 */
export function resolveSchemas(writer: AvroSchema, reader: AvroSchema): Resolution {
  const faults: string[] = []
  const resolved = resolve(writer, reader, { path: nameOf(reader), faults })
  return faults.length === 0 ? { outcome: 'readable', read: resolved } : { outcome: 'incompatible', faults }
}

interface Context {
  readonly path: string
  readonly faults: string[]
}

const UNREADABLE: ResolvedReader = () => {
  throw new TypeError('Schemas that do not resolve read nothing.')
}

function fault({ path, faults }: Context, what: string): ResolvedReader {
  faults.push(`${path}: ${what}`)
  return UNREADABLE
}

function resolve(writer: AvroSchema, reader: AvroSchema, context: Context): ResolvedReader {
  if (writer.kind === 'union') return resolveWriterUnion(writer, reader, context)
  switch (reader.kind) {
    case 'union':
      return resolveReaderUnion(writer, reader.branches, context)
    case 'record':
      return writer.kind === 'record' && namesMatch(writer, reader)
        ? resolveRecord(writer.fields, reader.fields, context)
        : cannot(writer, reader, context)
    case 'enum':
      return writer.kind === 'enum' && namesMatch(writer, reader)
        ? resolveEnum(writer.symbols, reader, context)
        : cannot(writer, reader, context)
    case 'fixed': {
      const { size, decimal } = reader
      if (writer.kind !== 'fixed' || !namesMatch(writer, reader) || writer.size !== size)
        return cannot(writer, reader, context)
      if (!sameDecimal(writer.decimal, decimal)) return cannot(writer, reader, context)
      return decimal ? (tap) => read.signedInteger(read.readFixed(tap, size)) : (tap) => read.readFixed(tap, size)
    }
    case 'array':
      return writer.kind === 'array'
        ? arrayOf(resolve(writer.items, reader.items, below(context, '[]')))
        : cannot(writer, reader, context)
    case 'map':
      return writer.kind === 'map'
        ? mapOf(resolve(writer.values, reader.values, below(context, '{}')))
        : cannot(writer, reader, context)
    default:
      return resolvePrimitive(writer, reader, context)
  }
}

/** Every branch that may have been written must be readable. In a field that is dropped, each is read as itself. */
function resolveWriterUnion(
  writer: Extract<AvroSchema, { kind: 'union' }>,
  reader: AvroSchema,
  context: Context,
): ResolvedReader {
  const readers = writer.branches.map((branch) => resolve(branch, writer === reader ? branch : reader, context))
  return (tap) => readers[read.readIndex(read.readLong(tap), readers.length)]!(tap)
}

/** The first branch that resolves. */
function resolveReaderUnion(writer: AvroSchema, branches: readonly AvroSchema[], context: Context): ResolvedReader {
  for (const branch of branches) {
    const faults: string[] = []
    const resolved = resolve(writer, branch, { ...context, faults })
    if (faults.length === 0) return resolved
  }
  return fault(context, `no branch of the union reads ${nameOf(writer)}`)
}

/** Fields in the writer's order: those that the reader has too are kept, the others read just as strictly and dropped. */
function resolveRecord(written: readonly AvroField[], wanted: readonly AvroField[], context: Context): ResolvedReader {
  const fields = new Map(wanted.map((field) => [field.name, field]))
  const sources = new Map<string, AvroField>()
  for (const field of written) {
    // An alias counts only for a field that the reader does not have under its own name.
    const target = fields.get(field.name) ?? wanted.find((each) => each.aliases.includes(field.name))
    if (target !== undefined && (!sources.has(target.name) || target.name === field.name))
      sources.set(target.name, field)
  }
  const targetOf = new Map([...sources].map(([name, field]) => [field, fields.get(name)!]))
  const steps = written.map((field) => {
    const target = targetOf.get(field)
    const into = below(context, `.${field.name}`)
    return { name: target?.name, read: resolve(field.type, target?.type ?? field.type, into) }
  })
  const missing = wanted.filter((field) => !sources.has(field.name))
  const fallbacks = missing.map((field) => ({ name: field.name, make: fallbackOf(field, context) }))
  return (tap) => {
    const values: [string, unknown][] = []
    for (const step of steps) {
      const value = step.read(tap)
      if (step.name !== undefined) values.push([step.name, value])
    }
    for (const { name, make } of fallbacks) values.push([name, make()])
    return Object.fromEntries(values)
  }
}

/** @returns makes the default anew for each value, so that no two share it */
function fallbackOf(field: AvroField, context: Context): () => unknown {
  const place = below(context, `.${field.name}`)
  if (field.fallback === undefined) {
    fault(place, 'was not written and has no default')
    return () => undefined
  }
  const { json } = field.fallback
  if (!isDefault(field.type, json)) fault(place, 'was not written, and its default is no value of its type')
  return () => defaultValue(field.type, json)
}

function resolveEnum(
  written: readonly string[],
  reader: Extract<AvroSchema, { kind: 'enum' }>,
  context: Context,
): ResolvedReader {
  const known = new Set(reader.symbols)
  const unknown = written.filter((symbol) => !known.has(symbol))
  if (unknown.length > 0 && reader.fallback === undefined)
    return fault(context, `symbols ${unknown.join(', ')} are not known and there is no default`)
  const symbols = written.map((symbol) => (known.has(symbol) ? symbol : reader.fallback))
  return (tap) => symbols[read.readIndex(read.readInt(tap), symbols.length)]
}

/** Writer → readers that it is promoted to, and how its bytes are then read. */
const PROMOTIONS: Readonly<Record<Primitive, Partial<Record<Primitive, ResolvedReader>>>> = {
  null: { null: () => null },
  boolean: { boolean: read.readBoolean },
  int: {
    int: read.readInt,
    long: (tap) => BigInt(read.readInt(tap)),
    float: (tap) => Math.fround(read.readInt(tap)),
    double: read.readInt,
  },
  long: {
    long: read.readLong,
    float: (tap) => Math.fround(Number(read.readLong(tap))),
    double: (tap) => Number(read.readLong(tap)),
  },
  float: { float: read.readFloat, double: read.readFloat },
  double: { double: read.readDouble },
  bytes: { bytes: read.readBytes, string: read.readString },
  string: { string: read.readString, bytes: read.readBytes },
}

function resolvePrimitive(
  writer: AvroSchema,
  reader: { readonly kind: Primitive; readonly decimal?: Decimal },
  context: Context,
): ResolvedReader {
  if (!isPrimitive(writer) || !sameDecimal(writer.decimal, reader.decimal)) return cannot(writer, reader, context)
  if (reader.decimal !== undefined && writer.kind === 'bytes') return (tap) => read.signedInteger(read.readBytes(tap))
  return PROMOTIONS[writer.kind][reader.kind] ?? cannot(writer, reader, context)
}

/** A number of other digits, or bytes of which nobody says that they are a number, would be another amount of money. */
function sameDecimal(writer: Decimal | undefined, reader: Decimal | undefined): boolean {
  return writer?.precision === reader?.precision && writer?.scale === reader?.scale
}

function arrayOf(readItem: ResolvedReader): ResolvedReader {
  return (tap) => {
    const items: unknown[] = []
    read.readBlocks(tap, () => items.push(readItem(tap)))
    return items
  }
}

function mapOf(readValue: ResolvedReader): ResolvedReader {
  return (tap) => {
    const values = new Map<string, unknown>()
    read.readBlocks(tap, () => void values.set(read.readString(tap), readValue(tap)))
    return values
  }
}

type Named = Extract<AvroSchema, { fullName: string }>

function namesMatch(writer: Named, reader: Named): boolean {
  return unqualified(writer.fullName) === unqualified(reader.fullName) || reader.aliases.includes(writer.fullName)
}

function isPrimitive(schema: AvroSchema): schema is { kind: Primitive; decimal?: Decimal } {
  return schema.kind in PROMOTIONS
}

function below(context: Context, step: string): Context {
  return { ...context, path: context.path + step }
}

function cannot(writer: AvroSchema, reader: AvroSchema, context: Context): ResolvedReader {
  return fault(context, `${nameOf(writer)} cannot be read as ${nameOf(reader)}`)
}

function nameOf(schema: AvroSchema): string {
  const decimal = 'decimal' in schema && schema.decimal !== undefined ? schema.decimal : undefined
  if (decimal !== undefined) return `decimal(${decimal.precision}, ${decimal.scale})`
  if (schema.kind === 'fixed') return `fixed(${schema.size}) ${schema.fullName}`
  return 'fullName' in schema ? schema.fullName : schema.kind
}

const INT_LIMIT = 2 ** 31
/** Defaults of bytes are text whose code points 0 to 255 stand for the bytes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: every byte may stand in a default.
const LATIN_1 = /^[\u0000-\u00ff]*$/

/** Whether the JSON is a default of that type. Of a union it is one of the first branch. */
function isDefault(schema: AvroSchema, json: unknown): boolean {
  switch (schema.kind) {
    case 'null':
      return json === null
    case 'boolean':
      return typeof json === 'boolean'
    case 'int':
      return Number.isInteger(json) && (json as number) >= -INT_LIMIT && (json as number) < INT_LIMIT
    case 'long':
      return Number.isSafeInteger(json)
    case 'float':
    case 'double':
      return typeof json === 'number'
    case 'string':
      return typeof json === 'string'
    case 'bytes':
      return typeof json === 'string' && LATIN_1.test(json)
    case 'fixed':
      return typeof json === 'string' && LATIN_1.test(json) && json.length === schema.size
    case 'enum':
      return typeof json === 'string' && schema.symbols.includes(json)
    case 'union':
      return isDefault(schema.branches[0]!, json)
    case 'array':
      return Array.isArray(json) && json.every((item) => isDefault(schema.items, item))
    case 'map':
      return isObject(json) && Object.values(json).every((value) => isDefault(schema.values, value))
    case 'record':
      return isObject(json) && schema.fields.every((field) => isDefault(field.type, jsonOf(field, json)))
  }
}

function defaultValue(schema: AvroSchema, json: unknown): unknown {
  switch (schema.kind) {
    case 'long':
      return BigInt(json as number)
    case 'bytes':
    case 'fixed': {
      const bytes = Buffer.from(json as string, 'latin1')
      return schema.decimal === undefined ? bytes : read.signedInteger(bytes)
    }
    case 'union':
      return defaultValue(schema.branches[0]!, json)
    case 'array':
      return (json as unknown[]).map((item) => defaultValue(schema.items, item))
    case 'map':
      return new Map(Object.entries(json as object).map(([key, value]) => [key, defaultValue(schema.values, value)]))
    case 'record': {
      const values = schema.fields.map((field) => [field.name, defaultValue(field.type, jsonOf(field, json as object))])
      return Object.fromEntries(values)
    }
    default:
      return json
  }
}

/** A record's default may leave out what its fields have defaults for. */
function jsonOf(field: AvroField, json: object): unknown {
  return Object.hasOwn(json, field.name) ? (json as Record<string, unknown>)[field.name] : field.fallback?.json
}

function isObject(json: unknown): json is object {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
