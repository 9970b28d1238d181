import { signedInteger } from './avro-read.ts'
import type { AvroField, AvroSchema } from './avro-schema.ts'

const INT_LIMIT = 2 ** 31
/** Defaults of bytes are text whose code points 0 to 255 stand for the bytes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: every byte may stand in a default.
const LATIN_1 = /^[\u0000-\u00ff]*$/

/** Whether the JSON is a default of that type. Of a union it is one of the first branch. */
export function isDefault(schema: AvroSchema, json: unknown): boolean {
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

/** What `isDefault` has said yes to, as a reader gives a value of that type; nothing of it is shared with another. */
export function defaultValue(schema: AvroSchema, json: unknown): unknown {
  switch (schema.kind) {
    case 'long':
      return BigInt(json as number)
    case 'bytes':
    case 'fixed': {
      const bytes = Buffer.from(json as string, 'latin1')
      return schema.decimal === undefined ? bytes : signedInteger(bytes)
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
