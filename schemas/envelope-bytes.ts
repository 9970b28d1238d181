import { CONTENT_TYPE, REQUIRED, SPEC_VERSION } from './cloud-events.ts'

// What readers of records by their bytes alone share: schemas/skim-record.ts, and the audit's own. They say yes only where
// decodeRecord does; what is refused here is not bad, but not usual.

/** Of `u32 length ‖ bytes`. */
export const LENGTH_BYTES = 4
export const NULL_LENGTH = 0xffff_ffff
/** Records with more headers than this are not usual. */
export const HEADERS_MAX = 16

const NAMES = (Object.keys(REQUIRED) as (keyof typeof REQUIRED)[]).map((name) => Buffer.from(name))
/** How many headers each record must have. */
export const HEADERS = NAMES.length
const indexOf = (name: keyof typeof REQUIRED) => Object.keys(REQUIRED).indexOf(name)
/** Their numbers, as {@link indexOfHeader} gives them. */
export const HEADER = {
  version: indexOf('ce_specversion'),
  id: indexOf('ce_id'),
  source: indexOf('ce_source'),
  type: indexOf('ce_type'),
  time: indexOf('ce_time'),
  content: indexOf('content-type'),
} as const
const VERSION_BYTES = Buffer.from(SPEC_VERSION)
const CONTENT_BYTES = Buffer.from(CONTENT_TYPE)

/**
 * Whether each required header is there and has a value of ASCII that the rules allow.
 *
 * @param places  of the values, by number of the header; −1 for one that is not there
 * @param lengths of the values
 */
export function isUsualEnvelope(bytes: Uint8Array, places: Int32Array, lengths: Int32Array): boolean {
  for (let index = 0; index < HEADERS; index++) if (places[index] === -1) return false
  const { id, source, version, content, time } = HEADER
  return (
    isText(bytes, places[id]!, lengths[id]!, REQUIRED.ce_id) &&
    isText(bytes, places[source]!, lengths[source]!, REQUIRED.ce_source) &&
    lengths[version] === VERSION_BYTES.length &&
    equals(bytes, places[version]!, VERSION_BYTES) &&
    lengths[content] === CONTENT_BYTES.length &&
    equals(bytes, places[content]!, CONTENT_BYTES) &&
    isUtcTime(bytes, places[time]!, lengths[time]!)
  )
}

/** Number of a required header, −1 for any other. Names of the same length differ in their last letter but one. */
export function indexOfHeader(bytes: Uint8Array, at: number, length: number): number {
  for (let index = 0; index < NAMES.length; index++) {
    const name = NAMES[index]!
    if (name.length === length && bytes[at + length - 2] === name[length - 2] && equals(bytes, at, name)) return index
  }
  return -1
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

export function equals(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

/** ASCII without control characters. */
function isText(bytes: Uint8Array, at: number, length: number, lengthMax: number): boolean {
  if (length > lengthMax) return false
  for (let i = at; i < at + length; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false
  return true
}

const TIME_SHAPE = Buffer.from('0000-00-00T00:00:00')
const DIGIT = 0x30
const FRACTION_DIGITS_MAX = 9

/** `2026-01-01T00:00:00Z`, perhaps with a fraction; what else RFC 3339 allows is not usual. */
function isUtcTime(bytes: Uint8Array, at: number, length: number): boolean {
  const shape = TIME_SHAPE.length
  if (length <= shape || bytes[at + length - 1] !== 0x5a) return false
  for (let i = 0; i < shape; i++) {
    const isRight = TIME_SHAPE[i] === DIGIT ? isDigit(bytes[at + i]!) : bytes[at + i] === TIME_SHAPE[i]
    if (!isRight) return false
  }
  const pair = (i: number) => (bytes[at + i]! - DIGIT) * 10 + bytes[at + i + 1]! - DIGIT
  const month = pair(5)
  const day = pair(8)
  if (month < 1 || month > 12 || day < 1 || day > 31 || pair(11) > 23 || pair(14) > 59 || pair(17) > 60) return false
  const rest = length - shape - 1
  if (rest === 0) return true
  if (bytes[at + shape] !== 0x2e || rest < 2 || rest > FRACTION_DIGITS_MAX + 1) return false
  for (let i = shape + 1; i < length - 1; i++) if (!isDigit(bytes[at + i]!)) return false
  return true
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT && byte <= DIGIT + 9
}
