import { TallyError } from '../schemas/errors.ts'

/** Bytes as lower-case hexadecimal with `0x` in front. */
export type Hex = `0x${string}`

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const DIGITS = utf8Encoder.encode('0123456789abcdef')

/** A string is not the hexadecimal bytes that it should be. */
export class HexFormatError extends TallyError {
  override readonly code = 'HEX_FORMAT'
  constructor(facts: { what: string; found: string; expectedBytes: number }) {
    super(`${facts.what} should be ${facts.expectedBytes} bytes as 0x-hexadecimal, found "${facts.found}".`, {
      facts,
      hint: 'Write 0x and two hexadecimal digits a byte, nothing else.',
    })
  }
}

/** A string holds half of a surrogate pair, or bytes are not UTF-8: neither has one form that everybody agrees on. */
export class TextEncodingError extends TallyError {
  override readonly code = 'TEXT_ENCODING'
  constructor(facts: { what: string }, cause?: unknown) {
    super(`${facts.what} is not well-formed Unicode.`, {
      facts,
      hint: 'Send text as UTF-8 without unpaired surrogates.',
      cause,
    })
  }
}

/** `bytes` as lower-case 0x-hexadecimal. */
export function bytesToHex(bytes: Uint8Array): Hex {
  // Written as bytes: a string grown by concatenation stays a chain of its pieces, many times the size of the text.
  const digits = new Uint8Array(2 * bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    digits[2 * i] = DIGITS[bytes[i]! >> 4]!
    digits[2 * i + 1] = DIGITS[bytes[i]! & 15]!
  }
  return `0x${utf8Decoder.decode(digits)}`
}

/**
 * The bytes of 0x-hexadecimal in either case (an EIP-55 checksum is not checked).
 *
 * @param hex    `0x` and exactly two digits a byte
 * @param length number of bytes that must come out
 * @param what   name of the value, for the error
 * @throws {@link HexFormatError}
 */
export function hexToBytes(hex: string, length: number, what: string): Uint8Array {
  if (hex.length !== 2 + 2 * length || !/^0x[0-9a-fA-F]*$/.test(hex)) {
    throw new HexFormatError({ what, found: hex.slice(0, 80), expectedBytes: length })
  }
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = digitValue(hex, 2 + 2 * i) * 16 + digitValue(hex, 3 + 2 * i)
  return bytes
}

function digitValue(hex: string, at: number): number {
  const code = hex.charCodeAt(at)
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57
}

/**
 * UTF-8 of `text`. `TextEncoder` alone would write U+FFFD for half a surrogate pair, and two texts would share one hash.
 *
 * @throws {@link TextEncodingError}
 */
export function encodeUtf8(text: string, what: string): Uint8Array {
  if (/\p{Surrogate}/u.test(text)) throw new TextEncodingError({ what })
  return utf8Encoder.encode(text)
}

/**
 * Text of UTF-8 `bytes`; a byte-order mark stays a character, so that encoding gives the same bytes back.
 *
 * @throws {@link TextEncodingError}
 */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch (cause) {
    throw new TextEncodingError({ what }, cause)
  }
}

/** Whether two byte strings are the same. Not constant-time: nothing compared here is secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
