import canonicalize from 'canonicalize'
import { TallyError } from '../schemas/errors.ts'
import { decodeUtf8, encodeUtf8, equalBytes } from './bytes.ts'

/** What canonical JSON may hold. Amounts are decimal strings: a JSON number above 2^53 means different things to readers. */
export type CanonicalJson =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalJson[]
  | { readonly [key: string]: CanonicalJson }

/** Deeper values are refused; a value that contains itself is among them. */
export const JSON_DEPTH_MAX = 64

/** A value has no place in canonical JSON. */
export class JsonValueError extends TallyError {
  override readonly code = 'JSON_VALUE'
  constructor(facts: { path: string; found: string }) {
    super(`Canonical JSON cannot hold ${facts.found} at ${facts.path}.`, {
      facts,
      hint: 'Use strings, booleans, null, whole numbers within ±(2^53 − 1), arrays and plain objects; amounts as strings.',
    })
  }
}

/** Bytes are not the one canonical form of a JSON value. */
export class JsonNotCanonicalError extends TallyError {
  override readonly code = 'JSON_NOT_CANONICAL'
  constructor(facts: { why: string }, cause?: unknown) {
    super(`Not canonical JSON: ${facts.why}.`, {
      facts,
      hint: 'Write it with canonicalJson (RFC 8785): sorted keys, no spaces, no repeated keys, UTF-8 without a mark.',
      cause,
    })
  }
}

/**
 * The one canonical form of `value`, for hashing and signing: RFC 8785, without its floating-point numbers.
 * −0 is written as 0, as RFC 8785 has it.
 *
 * @returns UTF-8 bytes
 * @throws  {@link JsonValueError} a fraction, an unsafe integer, bigint, undefined, a hole, a function, a symbol, an object
 *          with a prototype of its own, a key `__proto__`, half a surrogate pair, or more than {@link JSON_DEPTH_MAX} levels
 */
export function canonicalJson(value: CanonicalJson): Uint8Array {
  assertCanonicalJson(value, '$', 0)
  // The check above leaves nothing for which canonicalize returns undefined.
  return encodeUtf8(canonicalize(value)!, 'JSON')
}

/**
 * Reads canonical JSON, and nothing else: what was read is written again and must give the same bytes, so repeated keys, other
 * orders, spaces, escapes and number forms are refused.
 *
 * @throws {@link JsonNotCanonicalError}
 */
export function parseCanonicalJson(bytes: Uint8Array): CanonicalJson {
  const value = parseJson(bytes)
  let canonical: Uint8Array
  try {
    canonical = canonicalJson(value)
  } catch (cause) {
    if (!(cause instanceof JsonValueError)) throw cause
    throw new JsonNotCanonicalError({ why: cause.message }, cause)
  }
  if (!equalBytes(bytes, canonical)) throw new JsonNotCanonicalError({ why: firstDifference(bytes, canonical) })
  return value
}

function parseJson(bytes: Uint8Array): CanonicalJson {
  try {
    return JSON.parse(decodeUtf8(bytes, 'JSON'))
  } catch (cause) {
    throw new JsonNotCanonicalError({ why: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}

function firstDifference(bytes: Uint8Array, canonical: Uint8Array): string {
  const at = bytes.findIndex((byte, i) => byte !== canonical[i])
  return `byte ${at === -1 ? bytes.length : at} differs from the canonical form`
}

function assertCanonicalJson(value: unknown, path: string, depth: number): asserts value is CanonicalJson {
  if (depth > JSON_DEPTH_MAX) throw new JsonValueError({ path, found: `more than ${JSON_DEPTH_MAX} levels` })
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') {
    assertWellFormed(value, path)
  } else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new JsonValueError({ path, found: `the number ${value}` })
  } else if (typeof value === 'object' && 'toJSON' in value && typeof value.toJSON === 'function') {
    // It would be written as whatever that method returns.
    throw new JsonValueError({ path, found: 'an object with a toJSON method' })
  } else if (Array.isArray(value)) {
    // By index, not with forEach, which would skip holes.
    for (let i = 0; i < value.length; i++) assertCanonicalJson(value[i], `${path}[${i}]`, depth + 1)
  } else if (typeof value === 'object') {
    assertPlainObject(value, path, depth)
  } else {
    throw new JsonValueError({ path, found: typeof value === 'undefined' ? 'undefined' : `a ${typeof value}` })
  }
}

function assertPlainObject(value: object, path: string, depth: number): void {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new JsonValueError({ path, found: `an object of class ${prototype.constructor?.name ?? 'unknown'}` })
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw new JsonValueError({ path, found: 'a symbol as key' })
  for (const [key, member] of Object.entries(value)) {
    // An own key of this name turns into a prototype as soon as somebody copies the object by assignment.
    if (key === '__proto__') throw new JsonValueError({ path, found: 'a key "__proto__"' })
    assertWellFormed(key, path)
    assertCanonicalJson(member, `${path}.${key}`, depth + 1)
  }
}

function assertWellFormed(text: string, path: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new JsonValueError({ path, found: 'text with half a surrogate pair' })
}
