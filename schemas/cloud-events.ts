/** A header as a log holds it; a null value and an empty one differ. */
export type RecordHeader = readonly [name: string, value: Uint8Array | null]

export interface CloudEventAttributes {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
}

export type ParsedHeaders =
  | { outcome: 'parsed'; attributes: CloudEventAttributes }
  | { outcome: 'rejected'; reason: 'HEADER_MISSING' | 'HEADER_INVALID'; detail: string }

export const CONTENT_TYPE = 'application/avro'
export const SPEC_VERSION = '1.0'
/** The headers that a record must have, with the most characters that each may have. */
export const REQUIRED = {
  ce_specversion: 16,
  ce_id: 128,
  ce_source: 256,
  ce_type: 128,
  ce_time: 40,
  'content-type': 64,
} as const
type RequiredHeader = keyof typeof REQUIRED
const REQUIRED_NAMES = Object.keys(REQUIRED) as RequiredHeader[]

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/
// By its digits alone: a calendar, or an engine's own date parser, would decide differently elsewhere.
const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** CloudEvents 1.0 headers in Kafka's binary mode, in the order that Tallystick writes them. */
export function cloudEventHeaders(attributes: CloudEventAttributes): RecordHeader[] {
  const text: [string, string][] = [
    ['ce_specversion', SPEC_VERSION],
    ['ce_id', attributes.id],
    ['ce_source', attributes.source],
    ['ce_type', attributes.type],
    ['ce_time', attributes.time],
    ['content-type', CONTENT_TYPE],
  ]
  return text.map(([name, value]) => [name, Buffer.from(value)])
}

/** Reads the headers of a stranger; the rules are docs/formats.md#records. Never throws. */
export function parseHeaders(headers: readonly RecordHeader[]): ParsedHeaders {
  const found = new Map<RequiredHeader, Uint8Array>()
  let repeated: string | undefined
  for (const [name, value] of headers) {
    if (!Object.hasOwn(REQUIRED, name) || value === null || value.length === 0) continue
    if (found.has(name as RequiredHeader)) repeated ??= name
    else found.set(name as RequiredHeader, value)
  }
  const missing = REQUIRED_NAMES.find((name) => !found.has(name))
  if (missing !== undefined)
    return { outcome: 'rejected', reason: 'HEADER_MISSING', detail: `Header ${missing} is missing or empty.` }
  if (repeated !== undefined) return invalid(`Header ${repeated} appears more than once.`)
  const text = new Map<RequiredHeader, string>()
  for (const [name, value] of found) {
    const decoded = decodeText(value)
    if (decoded === undefined) return invalid(`Header ${name} is no UTF-8 text without control characters.`)
    if (decoded.length > REQUIRED[name]) return invalid(`Header ${name} has more than ${REQUIRED[name]} characters.`)
    text.set(name, decoded)
  }
  if (text.get('ce_specversion') !== SPEC_VERSION) return invalid(`ce_specversion must be ${SPEC_VERSION}.`)
  if (text.get('content-type') !== CONTENT_TYPE) return invalid(`content-type must be ${CONTENT_TYPE}.`)
  const time = text.get('ce_time')!
  if (!RFC3339.test(time)) return invalid('ce_time must be an RFC 3339 time.')
  return {
    outcome: 'parsed',
    attributes: { id: text.get('ce_id')!, source: text.get('ce_source')!, type: text.get('ce_type')!, time },
  }
}

function decodeText(value: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(value)
    return CONTROL_CHARACTERS.test(text) ? undefined : text
  } catch {
    return undefined // not UTF-8: the caller rejects the record with HEADER_INVALID
  }
}

function invalid(detail: string): ParsedHeaders {
  return { outcome: 'rejected', reason: 'HEADER_INVALID', detail }
}
