import type { CanonicalJson } from '../anchor/canonical-json.ts'
import { TallyError } from '../schemas/errors.ts'

/** One place where a bundle does not say what it should. */
export interface Difference {
  /** Which check found it. */
  readonly check: string
  /** Epoch of the bundle, null when it is not known yet. */
  readonly epoch: number | null
  /** File and row, column or key. */
  readonly where: string
  readonly expected: string
  readonly found: string
}

/** Ends an audit at its first difference; {@link auditBundle} turns it into a report and nobody else sees it. */
export class DifferenceFound extends TallyError {
  override readonly code = 'DIFFERENCE_FOUND'
  readonly difference: Omit<Difference, 'epoch'>
  constructor(difference: Omit<Difference, 'epoch'>) {
    super(`${difference.where}: expected ${difference.expected}, found ${difference.found}.`)
    this.difference = difference
  }
}

type Plain = string | number | bigint | boolean | null | undefined

const SHOWN_CHARACTERS = 200

/** A value for a person: long ones are cut. */
function show(value: Plain): string {
  const text = value === undefined ? 'nothing' : String(value)
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
}

export function differenceOf(check: string, where: string, expected: Plain, found: Plain): DifferenceFound {
  return new DifferenceFound({ check, where, expected: show(expected), found: show(found) })
}

/** @throws DifferenceFound always */
export function differ(check: string, where: string, expected: Plain, found: Plain): never {
  throw differenceOf(check, where, expected, found)
}

/** @throws DifferenceFound unless both are the same value of the same type */
export function assertSame(check: string, where: string, expected: Plain, found: Plain): void {
  if (expected !== found) differ(check, where, expected, found)
}

/** Compares two JSON documents key by key and names the first that differs. @throws DifferenceFound */
export function assertSameJson(check: string, where: string, expected: CanonicalJson, found: CanonicalJson): void {
  if (Array.isArray(expected) && Array.isArray(found)) {
    for (let i = 0; i < Math.max(expected.length, found.length); i++) {
      assertSameMember(check, `${where}[${i}]`, expected[i], found[i])
    }
  } else if (isObject(expected) && isObject(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      assertSameMember(check, `${where}.${key}`, expected[key], found[key])
    }
  } else if (expected !== found) {
    differ(check, where, jsonText(expected), jsonText(found))
  }
}

function assertSameMember(
  check: string,
  where: string,
  expected: CanonicalJson | undefined,
  found: CanonicalJson | undefined,
): void {
  if (expected === undefined || found === undefined) {
    if (expected !== found) differ(check, where, jsonText(expected), jsonText(found))
    return
  }
  assertSameJson(check, where, expected, found)
}

function isObject(value: CanonicalJson): value is { readonly [key: string]: CanonicalJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function jsonText(value: CanonicalJson | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value)
}

/** What went wrong, in words, of anything thrown. */
export function causeText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
