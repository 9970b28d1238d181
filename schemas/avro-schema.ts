import { TallyError } from './errors.ts'
import { RECORD_BYTES_MAX, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_NODES_MAX } from './limits.ts'

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type Primitive = (typeof PRIMITIVES)[number]

/** A number in bytes or in a fixed: two's complement, big-endian, divided by 10^scale. */
export interface Decimal {
  readonly precision: number
  readonly scale: number
}

interface Named {
  /** With its namespace. */
  readonly fullName: string
  /** Full names, too. */
  readonly aliases: readonly string[]
}

export interface AvroField {
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: AvroSchema
  /** As JSON has it; absent when the field has none. Looked at only where a reader needs it. */
  readonly fallback: { readonly json: unknown } | undefined
}

export type AvroSchema =
  | { readonly kind: Primitive; readonly decimal?: Decimal }
  | ({ readonly kind: 'record'; readonly fields: readonly AvroField[] } & Named)
  | ({ readonly kind: 'enum'; readonly symbols: readonly string[]; readonly fallback: string | undefined } & Named)
  | ({ readonly kind: 'fixed'; readonly size: number; readonly decimal?: Decimal } & Named)
  | { readonly kind: 'array'; readonly items: AvroSchema }
  | { readonly kind: 'map'; readonly values: AvroSchema }
  | { readonly kind: 'union'; readonly branches: readonly AvroSchema[] }

/** A text that is no schema, or one that we do not read. The message says where. */
export class AvroSchemaError extends TallyError {
  override readonly code = 'AVRO_SCHEMA'
}

/**
 * Reads the JSON text of an Avro schema (specification 1.12). Attributes that have nothing to do with reading (doc, order,
 * logical types other than decimal) are ignored; so are defaults until somebody needs one. Narrower than the specification,
 * so that what a schema costs to hold and a value costs to read is bounded (docs/formats.md#schemas): no recursive type,
 * `null` only in a union, no empty record, no fixed of 0 bytes, and limits on size.
 *
 * @throws AvroSchemaError
 */
export function parseAvroSchema(text: string): AvroSchema {
  const bytes = Buffer.byteLength(text)
  if (bytes > SCHEMA_BYTES_MAX)
    throw new AvroSchemaError(`The schema has ${bytes} bytes, more than ${SCHEMA_BYTES_MAX}.`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AvroSchemaError('The schema is no JSON.', { cause })
  }
  return new SchemaParser().parse(json, { path: 'schema', namespace: '', depth: 1, inUnion: false })
}

/** Name without its namespace: what the specification compares. */
export function unqualified(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}

interface Place {
  readonly path: string
  readonly namespace: string
  readonly depth: number
  readonly inUnion: boolean
}

/** A named type with what each use of it costs; 'open' while its own definition is being read. */
type Definition = { readonly schema: AvroSchema; readonly nodes: number; readonly height: number } | 'open'
type Attributes = Readonly<Record<string, unknown>>

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

class SchemaParser {
  readonly #definitions = new Map<string, Definition>()
  #nodes = 0
  /** Depth of the deepest node so far. */
  #deepest = 0

  parse(json: unknown, place: Place): AvroSchema {
    this.#count(1, place.depth, place)
    if (typeof json === 'string') return this.#named(json, {}, place)
    if (Array.isArray(json)) return this.#union(json, place)
    if (!isObject(json)) refuse(place, 'is no schema')
    if (typeof json.type !== 'string') refuse(place, 'has no type')
    switch (json.type) {
      case 'record':
      case 'enum':
      case 'fixed':
        return this.#define(json.type, json, place)
      case 'array':
        return { kind: 'array', items: this.parse(json.items, below(place, '[]')) }
      case 'map':
        return { kind: 'map', values: this.parse(json.values, below(place, '{}')) }
      default:
        return this.#named(json.type, json, place)
    }
  }

  /** A primitive, or a type that was defined before. */
  #named(name: string, attributes: Attributes, place: Place): AvroSchema {
    const primitive = PRIMITIVES.find((known) => known === name)
    if (primitive === 'null' && !place.inUnion) refuse(place, 'is null outside a union')
    if (primitive !== undefined) return { kind: primitive, ...(primitive === 'bytes' ? decimalOf(attributes) : {}) }
    const definition = this.#definitions.get(qualify(name, place.namespace))
    if (definition === undefined) refuse(place, `names ${quote(name)}, which is not defined before`)
    if (definition === 'open') refuse(place, `names ${quote(name)} within itself; recursive types are not read`)
    this.#count(definition.nodes - 1, place.depth + definition.height, place)
    return definition.schema
  }

  #union(json: readonly unknown[], place: Place): AvroSchema {
    const branches = json.map((branch, index) => {
      if (Array.isArray(branch)) refuse(place, 'is a union within a union')
      return this.parse(branch, { ...below(place, `<${index}>`), inUnion: true })
    })
    if (branches.length === 0) refuse(place, 'is a union of nothing')
    const names = branches.map((branch) => ('fullName' in branch ? branch.fullName : branch.kind))
    if (new Set(names).size < names.length) refuse(place, 'is a union with two branches of one type')
    return { kind: 'union', branches }
  }

  #define(kind: 'record' | 'enum' | 'fixed', json: Attributes, place: Place): AvroSchema {
    const named = namesOf(json, place)
    if (this.#definitions.has(named.fullName)) refuse(place, `defines ${quote(named.fullName)} a second time`)
    this.#definitions.set(named.fullName, 'open')
    const before = { nodes: this.#nodes, deepest: this.#deepest }
    this.#deepest = place.depth
    const inner = { ...place, namespace: named.fullName.slice(0, Math.max(0, named.fullName.lastIndexOf('.'))) }
    const schema: AvroSchema =
      kind === 'record'
        ? { kind, ...named, fields: this.#fields(json, inner) }
        : kind === 'enum'
          ? { kind, ...named, ...this.#symbols(json, place) }
          : { kind, ...named, size: sizeOf(json, place), ...decimalOf(json) }
    const height = this.#deepest - place.depth
    this.#definitions.set(named.fullName, { schema, nodes: this.#nodes - before.nodes + 1, height })
    this.#deepest = Math.max(this.#deepest, before.deepest)
    return schema
  }

  #fields(json: Attributes, place: Place): AvroField[] {
    if (!Array.isArray(json.fields) || json.fields.length === 0) refuse(place, 'is a record without fields')
    const names = new Set<string>()
    return json.fields.map((field: unknown, index) => {
      if (!isObject(field)) refuse(place, `has a field ${index} that is no object`)
      const { name } = field
      if (typeof name !== 'string' || !NAME.test(name)) refuse(place, `has a field ${index} without a proper name`)
      if (names.has(name)) refuse(place, `has two fields ${quote(name)}`)
      names.add(name)
      return {
        name,
        aliases: aliasesOf(field, place),
        type: this.parse(field.type, below(place, `.${name}`)),
        fallback: Object.hasOwn(field, 'default') ? { json: field.default } : undefined,
      }
    })
  }

  /** Each symbol counts like a type: whoever resolves the enum looks at all of them. */
  #symbols(json: Attributes, place: Place): ReturnType<typeof symbolsOf> {
    const found = symbolsOf(json, place)
    this.#count(found.symbols.length, place.depth, place)
    return found
  }

  #count(nodes: number, depth: number, place: Place): void {
    this.#nodes += nodes
    this.#deepest = Math.max(this.#deepest, depth)
    if (this.#nodes > SCHEMA_NODES_MAX)
      refuse(place, `makes ${this.#nodes} types and symbols; ${SCHEMA_NODES_MAX} are read`)
    if (depth > SCHEMA_DEPTH_MAX) refuse(place, `lies ${depth} deep; ${SCHEMA_DEPTH_MAX} are read`)
  }
}

function below(place: Place, step: string): Place {
  return { ...place, path: place.path + step, depth: place.depth + 1, inUnion: false }
}

function refuse(place: Place, what: string): never {
  throw new AvroSchemaError(`${place.path} ${what}.`)
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}

function isObject(json: unknown): json is Attributes {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function namesOf(json: Attributes, place: Place): Named {
  const { name } = json
  if (typeof name !== 'string' || !name.split('.').every((part) => NAME.test(part))) refuse(place, 'has no proper name')
  const given = json.namespace ?? place.namespace
  if (typeof given !== 'string' || (given !== '' && !given.split('.').every((part) => NAME.test(part))))
    refuse(place, 'has no proper namespace')
  if (PRIMITIVES.some((primitive) => primitive === unqualified(name))) refuse(place, `takes the name of a primitive`)
  const fullName = qualify(name, given)
  const namespace = fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')))
  return { fullName, aliases: aliasesOf(json, place).map((alias) => qualify(alias, namespace)) }
}

function aliasesOf(json: Attributes, place: Place): string[] {
  const aliases = json.aliases ?? []
  const isText = (alias: unknown): alias is string => typeof alias === 'string'
  if (!Array.isArray(aliases) || !aliases.every(isText)) refuse(place, 'has aliases that are no names')
  return aliases
}

function symbolsOf(json: Attributes, place: Place): { symbols: readonly string[]; fallback: string | undefined } {
  const isSymbol = (symbol: unknown): symbol is string => typeof symbol === 'string' && NAME.test(symbol)
  const { symbols } = json
  if (!Array.isArray(symbols) || symbols.length === 0 || !symbols.every(isSymbol))
    refuse(place, 'is an enum without proper symbols')
  if (new Set(symbols).size < symbols.length) refuse(place, 'is an enum that names a symbol twice')
  const fallback = json.default
  if (fallback === undefined) return { symbols, fallback }
  if (!isSymbol(fallback) || !symbols.includes(fallback)) refuse(place, 'is an enum whose default is no symbol of it')
  return { symbols, fallback }
}

function sizeOf(json: Attributes, place: Place): number {
  const { size } = json
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > RECORD_BYTES_MAX)
    refuse(place, `is a fixed whose size is not 1 to ${RECORD_BYTES_MAX}`)
  return size
}

/** Empty unless the attributes say a proper decimal: an improper logical type is none, by the specification. */
function decimalOf({ logicalType, precision, scale = 0 }: Attributes): { decimal?: Decimal } {
  const isProper =
    logicalType === 'decimal' &&
    typeof precision === 'number' &&
    typeof scale === 'number' &&
    Number.isSafeInteger(precision) &&
    Number.isSafeInteger(scale) &&
    scale >= 0 &&
    precision >= Math.max(1, scale)
  return isProper ? { decimal: { precision, scale } } : {}
}
