import type { AvroSchema } from '../../schemas/avro-schema.ts'
import { builtInSchemaOf } from '../../schemas/avro-types.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { findRangeFault } from '../../schemas/validate-event.ts'

type PolicyBody = EventBodies['PolicyPublished']

const SIGNATURE_BYTES = 65

/** The file is no policy that could be published. */
export class InvalidPolicyError extends TallyError {
  override readonly code = 'INVALID_POLICY'
  constructor(facts: { path: string; reason: string; detail: string }) {
    super(`${facts.path} is no policy: ${facts.detail}`, {
      facts,
      hint: 'Begin with `tally policy show --json`: its `policy` has the right shape. Bytes are 0x-hex, amounts decimal text.',
    })
  }
}

/**
 * Reads a policy as `tally policy show --json` prints it: the fields of a PolicyPublished by their names, bytes as 0x-hex, amounts
 * as decimal text. A signature may be left out. It is held to all that ingest would hold its record to.
 *
 * @param path named in errors
 * @throws {@link InvalidPolicyError}
 */
export function readPolicy(text: string, path: string): PolicyBody {
  const refuse = (reason: string, detail: string) => new InvalidPolicyError({ path, reason, detail })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw refuse('NO_JSON', 'it is no JSON.')
  }
  let body: PolicyBody
  try {
    const unsigned = { signature: toHex(new Uint8Array(SIGNATURE_BYTES)), ...asObject(document, 'the policy') }
    body = fromJson(builtInSchemaOf('PolicyPublished'), unsigned, '') as PolicyBody
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw refuse('SHAPE', error.message)
  }
  const fault = findRangeFault({ type: 'PolicyPublished', source: 'policy', id: 'policy', body })
  if (fault !== undefined) throw refuse(fault.reason, `${fault.reason}: ${fault.detail}`)
  return body
}

/** What {@link readPolicy} reads, without the signature: its JSON. */
export function policyDocument({ signature: _, ...body }: PolicyBody): Readonly<Record<string, unknown>> {
  return toJson(body) as Record<string, unknown>
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]))
}

class ShapeError extends Error {}

/** A value of an Avro schema from its JSON. Our own schemas have no maps, no unions and no fixed. */
function fromJson(schema: AvroSchema, value: unknown, path: string): unknown {
  const where = path === '' ? 'the policy' : path
  if (schema.kind === 'record') {
    const given = asObject(value, where)
    const names = schema.fields.map(({ name }) => name)
    const unknown = Object.keys(given).find((name) => !names.includes(name))
    if (unknown !== undefined) throw new ShapeError(`${under(path, unknown)} is not a field of it.`)
    const fields = schema.fields.map(({ name, type }) => {
      if (!Object.hasOwn(given, name)) throw new ShapeError(`${under(path, name)} is missing.`)
      return [name, fromJson(type, given[name], under(path, name))] as const
    })
    return Object.fromEntries(fields)
  }
  if (schema.kind === 'array') {
    if (!Array.isArray(value)) throw new ShapeError(`${where} must be a list.`)
    return value.map((item, index) => fromJson(schema.items, item, `${path}[${index}]`))
  }
  if (schema.kind === 'int') {
    if (!Number.isInteger(value)) throw new ShapeError(`${where} must be a whole number.`)
    return value
  }
  if (schema.kind === 'bytes' && schema.decimal === undefined) return bytesOf(value, where)
  if (schema.kind === 'bytes' || schema.kind === 'long') return integerOf(value, where)
  if (schema.kind === 'string' || schema.kind === 'enum') {
    if (typeof value !== 'string') throw new ShapeError(`${where} must be text.`)
    return value
  }
  if (schema.kind === 'boolean' && typeof value === 'boolean') return value
  throw new ShapeError(`${where} must be of type ${schema.kind}.`)
}

function under(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ShapeError(`${where} must be an object.`)
  return value as Record<string, unknown>
}

function bytesOf(value: unknown, where: string): Uint8Array {
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value))
    throw new ShapeError(`${where} must be 0x-hex.`)
  return fromHex(value as `0x${string}`)
}

function integerOf(value: unknown, where: string): bigint {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !/^-?\d{1,40}$/.test(text))
    throw new ShapeError(`${where} must be a whole number as text, for example "1000".`)
  return BigInt(text)
}
