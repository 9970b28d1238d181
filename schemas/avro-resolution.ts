import { defaultValue, isDefault } from './avro-defaults.ts'
import { Dropping } from './avro-dropping.ts'
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
  const context = { path: nameOf(reader), faults, pairs: new Map(), dropping: new Dropping() }
  const resolved = resolve(writer, reader, context)
  return faults.length === 0 ? { outcome: 'readable', read: resolved } : { outcome: 'incompatible', faults }
}

interface Context {
  readonly path: string
  readonly faults: string[]
  /** By writer's and reader's type: however often a name is used, what it stands for is resolved once. */
  readonly pairs: Map<Named, Map<Named, ResolvedPair>>
  readonly dropping: Dropping
}

interface ResolvedPair {
  readonly read: ResolvedReader
  /** Their places begin at the pair. */
  readonly faults: readonly string[]
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
    case 'enum':
    case 'fixed':
      return writer.kind === reader.kind && namesMatch(writer, reader)
        ? resolveNamed(writer, reader, context)
        : cannot(writer, reader, context)
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

function resolveNamed(writer: Named, reader: Named, context: Context): ResolvedReader {
  const { pairs } = context
  const ofWriter = pairs.get(writer) ?? new Map<Named, ResolvedPair>()
  pairs.set(writer, ofWriter)
  let pair = ofWriter.get(reader)
  if (pair === undefined) {
    const faults: string[] = []
    pair = { read: resolvePair(writer, reader, { ...context, path: '', faults }), faults }
    ofWriter.set(reader, pair)
  }
  for (const found of pair.faults) context.faults.push(context.path + found)
  return pair.read
}

function resolvePair(writer: Named, reader: Named, context: Context): ResolvedReader {
  if (writer.kind === 'record' && reader.kind === 'record') return resolveRecord(writer.fields, reader.fields, context)
  if (writer.kind === 'enum' && reader.kind === 'enum') return resolveEnum(writer.symbols, reader, context)
  if (writer.kind === 'fixed' && reader.kind === 'fixed') return resolveFixed(writer, reader, context)
  return cannot(writer, reader, context)
}

/** Every branch that may have been written must be readable. */
function resolveWriterUnion(
  writer: Extract<AvroSchema, { kind: 'union' }>,
  reader: AvroSchema,
  context: Context,
): ResolvedReader {
  const readers = writer.branches.map((branch) => resolve(branch, reader, context))
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
    if (target === undefined) return { name: undefined, read: context.dropping.of(field.type) }
    return { name: target.name, read: resolve(field.type, target.type, into) }
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

function resolveFixed(writer: Fixed, reader: Fixed, context: Context): ResolvedReader {
  const { size, decimal } = reader
  if (writer.size !== size || !sameDecimal(writer.decimal, decimal)) return cannot(writer, reader, context)
  return decimal ? (tap) => read.signedInteger(read.readFixed(tap, size)) : (tap) => read.readFixed(tap, size)
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
type Fixed = Extract<AvroSchema, { kind: 'fixed' }>

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
